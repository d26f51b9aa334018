import { expect } from 'vitest'

/** How far probabilities and logits may lie apart: the model rounds otherwise in another batch; evidence is told to 4 decimals. */
const ROUNDING = 2e-4
/** What differs with the clock and the connection. */
const PASSING = ['latencyMs', 'streamId', 'limits']

/** Expects the same events with the same values: all but scores and evidence to the bit. */
export function expectSameEvents(
  found: readonly unknown[],
  expected: readonly unknown[],
  exceptFor: readonly string[] = [],
): void {
  const left = new Set([...PASSING, ...exceptFor])
  const [shape, scores] = parted(found, left)
  const [expectedShape, expectedScores] = parted(expected, left)
  expect(shape).toEqual(expectedShape)
  const apart = scores.map((score, at) => Math.abs(score - expectedScores[at]!))
  expect(Math.max(0, ...apart)).toBeLessThanOrEqual(ROUNDING)
}

/** Everything but the scores, and the scores in their order. */
function parted(events: readonly unknown[], left: ReadonlySet<string>): [unknown, number[]] {
  const scores: number[] = []
  const shape = JSON.stringify(events, function (this: unknown, key, value) {
    if (left.has(key)) return undefined
    const isScore = typeof value === 'number' && (/Probability|Evidence/.test(key) || Array.isArray(this))
    if (!isScore) return value
    scores.push(value)
    return 'a score'
  })
  return [JSON.parse(shape), scores]
}
