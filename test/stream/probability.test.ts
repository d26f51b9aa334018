import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calibrated, Smoothing } from '../../src/stream/probability.ts'

const IDENTITY = { scale: 1, bias: 0, fittedOn: 'nothing' }
const logit = fc.double({ min: -10, max: 10, noNaN: true })

/** The smoothed value after the logit has stood at `before`, then at `after` for some seconds, a window every hop. */
function afterStep(halfLife: number, hop: number, windows: number, before: number, after: number): number {
  const smoothing = new Smoothing(halfLife)
  let smoothed = smoothing.push(before, 1)
  for (let window = 1; window <= windows; window += 1) smoothed = smoothing.push(after, 1 + window * hop)
  return smoothed
}

describe('calibrated', () => {
  it('scales the fake logit and adds the bias', () => {
    expect(calibrated(2, { scale: 0.5, bias: -0.25, fittedOn: 'nothing' })).toBe(0.75)
  })

  it('never leaves ±10, however sure the model is', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (fakeLogit) => {
        expect(Math.abs(calibrated(fakeLogit, IDENTITY))).toBeLessThanOrEqual(10)
      }),
    )
  })
})

describe('smoothing by half-life', () => {
  it('takes the first value as it is', () => {
    expect(new Smoothing(2).push(1.5, 1)).toBe(1.5)
  })

  it('has no value before the first window', () => {
    expect(new Smoothing(2).value).toBeUndefined()
  })

  it('lets an old value weigh half after the half-life', () => {
    expect(afterStep(2, 2, 1, 4, 0)).toBeCloseTo(2, 12)
  })

  it('means the same at any hop', () => {
    const halfLives = fc.double({ min: 0.1, max: 60, noNaN: true })
    const hops = fc.double({ min: 0.1, max: 10, noNaN: true })
    fc.assert(
      fc.property(
        halfLives,
        hops,
        fc.integer({ min: 2, max: 50 }),
        logit,
        logit,
        (halfLife, hop, parts, before, after) => {
          const inOneHop = afterStep(halfLife, hop, 1, before, after)
          expect(afterStep(halfLife, hop / parts, parts, before, after)).toBeCloseTo(inOneHop, 9)
        },
      ),
    )
  })

  it('weighs a value by the time since the last one, where windows are missing', () => {
    const smoothing = new Smoothing(1)
    smoothing.push(8, 1)
    expect(smoothing.push(0, 4)).toBeCloseTo(1, 12)
  })

  it('does not smooth with a half-life of zero', () => {
    expect(afterStep(0, 0.5, 1, 4, -3)).toBe(-3)
  })

  it('stays between the values that it was given', () => {
    fc.assert(
      fc.property(
        fc.array(logit, { minLength: 1 }),
        fc.double({ min: 0, max: 60, noNaN: true }),
        (logits, halfLife) => {
          const smoothing = new Smoothing(halfLife)
          const smoothed = logits.map((value, window) => smoothing.push(value, 1 + window * 0.5)).at(-1)!
          expect(smoothed).toBeGreaterThanOrEqual(Math.min(...logits) - 1e-9)
          expect(smoothed).toBeLessThanOrEqual(Math.max(...logits) + 1e-9)
        },
      ),
    )
  })
})
