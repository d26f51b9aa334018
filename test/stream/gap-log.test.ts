import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GapLog } from '../../src/stream/gap-log.ts'

describe('the gap log', () => {
  it('counts the part of a gap that lies between two positions', () => {
    const log = new GapLog(100_000)
    log.add(1_600, 3_200, 100)
    expect([
      log.millisecondsWithin(0, 4_000),
      log.millisecondsWithin(2_400, 4_000),
      log.millisecondsWithin(2_000, 2_800),
      log.millisecondsWithin(3_200, 4_000),
    ]).toEqual([100, 50, 50, 0])
  })

  it('counts a pause whole in every stretch that it lies in, up to its end', () => {
    const log = new GapLog(100_000)
    log.addPause(1_600, 5_000)
    expect([
      log.millisecondsWithin(0, 1_600),
      log.millisecondsWithin(1_600, 3_200),
      log.millisecondsWithin(0, 1_599),
    ]).toEqual([5_000, 0, 0])
  })

  it('adds up a pause and a gap at the same place', () => {
    const log = new GapLog(100_000)
    log.addPause(1_600, 3_000)
    log.add(1_600, 3_200, 100)
    expect(log.millisecondsWithin(0, 3_200)).toBe(3_100)
  })

  it('forgets what is out of reach, and keeps it in the total', () => {
    const log = new GapLog(1_000)
    log.add(0, 160, 10)
    log.add(16_000, 16_160, 10)
    expect([log.millisecondsWithin(0, 160), log.totalMs]).toEqual([0, 20])
  })

  it('keeps a gap that reaches into what may still be asked about', () => {
    const log = new GapLog(1_000)
    log.add(0, 16_000, 1_000)
    log.add(16_500, 16_660, 10)
    expect(log.millisecondsWithin(15_840, 16_000)).toBe(10)
  })

  it('knows one gap, in however many pieces it was told', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 161, max: 159_999 }), { maxLength: 20 })
    const edge = fc.nat(170_000)
    fc.assert(
      fc.property(cuts, edge, edge, (places, one, other) => {
        const log = new GapLog(200_000)
        const edges = [160, ...places.sort((a, b) => a - b), 160_000]
        for (const [at, end] of edges.entries()) if (at > 0) log.add(edges[at - 1]!, end, (end - edges[at - 1]!) / 16)
        const [start, end] = [Math.min(one, other), Math.max(one, other)]
        const inside = Math.max(0, Math.min(end, 160_000) - Math.max(start, 160)) / 16
        expect(Math.abs(log.millisecondsWithin(start, end) - inside)).toBeLessThanOrEqual(0.5 + 1e-6)
      }),
    )
  })
})
