import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mostStreams } from '../../../src/cli/bench/most-streams.ts'

/** A machine that carries so many, and the numbers that were tried on it. */
function machineFor(capacity: number) {
  const tried: number[] = []
  const isGood = async (streams: number) => {
    tried.push(streams)
    return streams <= capacity
  }
  return { tried, isGood }
}

describe('the most streams', () => {
  it('are found within 6 % below what the machine carries, from wherever the search begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 500 }),
        async (capacity, first) => {
          const { tried, isGood } = machineFor(capacity)
          const most = await mostStreams(first, Number.POSITIVE_INFINITY, isGood)
          expect(most).toBeLessThanOrEqual(capacity)
          expect(capacity + 1).toBeLessThanOrEqual(Math.max(most + 1, Math.ceil(most * 1.06) + 1))
          expect(new Set(tried).size).toBe(tried.length)
        },
      ),
    )
  })

  it('are none where not even one is carried', async () => {
    expect(await mostStreams(50, Number.POSITIVE_INFINITY, machineFor(0).isGood)).toBe(0)
  })

  it('are no more than asked for', async () => {
    const { tried, isGood } = machineFor(1_000)
    expect(await mostStreams(50, 80, isGood)).toBe(80)
    expect(tried).toEqual([50, 70, 80])
  })

  it('are no more than asked for where the search would begin beyond', async () => {
    const { tried, isGood } = machineFor(1_000)
    expect(await mostStreams(50, 10, isGood)).toBe(10)
    expect(tried).toEqual([10])
  })
})
