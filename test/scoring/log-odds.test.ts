import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logitOf, probabilityOf } from '../../src/scoring/log-odds.ts'

const logit = fc.double({ min: -10, max: 10, noNaN: true })

describe('probabilityOf', () => {
  it('is the logistic function', () => {
    expect(probabilityOf(0)).toBe(0.5)
    expect(probabilityOf(Math.log(3))).toBeCloseTo(0.75, 12)
  })

  it('is as far above a half for a logit as it is below for the opposite one', () => {
    fc.assert(
      fc.property(logit, (value) => {
        expect(probabilityOf(value) + probabilityOf(-value)).toBeCloseTo(1, 12)
      }),
    )
  })
})

describe('logitOf', () => {
  it('gives back the logit of a probability', () => {
    fc.assert(
      fc.property(logit, (value) => {
        expect(logitOf(probabilityOf(value))).toBeCloseTo(value, 9)
      }),
    )
  })
})
