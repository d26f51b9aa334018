import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BATCH_BOUNDS, BatchPace } from '../../src/scoring/batch-pace.ts'

const { maxBatch, maxWaitMs, maxBatchMs } = BATCH_BOUNDS

/** After windows that came so many milliseconds apart. */
function paceAfter(intervals: readonly number[]): BatchPace {
  const pace = new BatchPace(BATCH_BOUNDS)
  let now = 1_000
  pace.arrived(now)
  for (const interval of intervals) {
    now += interval
    pace.arrived(now)
  }
  return pace
}

describe('the pace of batches', () => {
  it('keeps its bounds, whatever comes and however long it takes', () => {
    const events = fc.array(
      fc.oneof(
        fc.record({ came: fc.double({ min: 0, max: 1e7, noNaN: true }) }),
        fc.record({ windows: fc.integer({ min: 1, max: 16 }), took: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
      ),
    )
    fc.assert(
      fc.property(events, (events) => {
        const pace = new BatchPace(BATCH_BOUNDS)
        let now = 0
        for (const event of events) {
          if ('came' in event) {
            now += event.came
            pace.arrived(now)
          } else pace.took(event.windows, event.took)
          expect(pace.most).toBeGreaterThanOrEqual(1)
          expect(pace.most).toBeLessThanOrEqual(maxBatch)
          expect(Number.isInteger(pace.most)).toBe(true)
          expect([0, maxWaitMs]).toContain(pace.waitMs)
        }
      }),
    )
  })

  it('begins with a batch of one', () => {
    expect(new BatchPace(BATCH_BOUNDS).most).toBe(1)
  })

  it('fills batches of a quick model, and scores one by one with a slow one', () => {
    const [quick, slow] = [new BatchPace(BATCH_BOUNDS), new BatchPace(BATCH_BOUNDS)]
    quick.took(1, 3)
    slow.took(1, 700)
    expect([quick.most, slow.most]).toEqual([maxBatch, 1])
  })

  it('lets batches take their longest time and no longer', () => {
    const pace = new BatchPace(BATCH_BOUNDS)
    for (let batch = 0; batch < 200; batch += 1) pace.took(pace.most, 12 * pace.most)
    expect(pace.most).toBe(Math.floor(maxBatchMs / 12))
  })

  it('returns to full batches after the machine stood still once', () => {
    const pace = new BatchPace(BATCH_BOUNDS)
    pace.took(1, 3_000)
    for (let batch = 0; batch < 60; batch += 1) pace.took(1, 3)
    expect(pace.most).toBe(maxBatch)
  })

  it('waits where company is likely, and not where it is not', () => {
    expect(paceAfter([]).waitMs).toBe(0)
    expect(paceAfter(new Array(20).fill(10)).waitMs).toBe(maxWaitMs)
    expect(paceAfter(new Array(20).fill(50)).waitMs).toBe(0)
  })

  it('waits again soon after a night without streams', () => {
    const [evening, morning] = [new Array(20).fill(10), new Array(30).fill(10)]
    expect(paceAfter([...evening, 3_600_000]).waitMs).toBe(maxWaitMs)
    expect(paceAfter([...evening, ...new Array(9).fill(3_600_000), ...morning]).waitMs).toBe(maxWaitMs)
  })
})
