import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_RECONNECTION, reconnectionDelayMs } from '../../../client/sdk/back-off.ts'

const attempt = fc.nat(1_000)
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('reconnectionDelayMs', () => {
  it('never passes the longest delay', () => {
    fc.assert(
      fc.property(attempt, random, (n, x) => {
        expect(reconnectionDelayMs(DEFAULT_RECONNECTION, n, () => x)).toBeLessThanOrEqual(15_000)
      }),
    )
  })

  it('never falls below half of the first delay', () => {
    fc.assert(
      fc.property(attempt, random, (n, x) => {
        expect(reconnectionDelayMs(DEFAULT_RECONNECTION, n, () => x)).toBeGreaterThanOrEqual(250)
      }),
    )
  })

  it('doubles from one try to the next', () => {
    const delays = [0, 1, 2, 3].map((n) => reconnectionDelayMs(DEFAULT_RECONNECTION, n, () => 0))
    expect(delays).toEqual([250, 500, 1_000, 2_000])
  })
})
