import { describe, expect, it } from 'vitest'
import { fakeLogitOf } from '../../src/scoring/fake-logit.ts'

describe('fakeLogitOf', () => {
  it('keeps a logit whose positive side is fake, and turns one whose negative side is', () => {
    expect(fakeLogitOf(Float32Array.of(2), { tensor: 'x', kind: 'logit', fake: 'positive' })).toBe(2)
    expect(fakeLogitOf(Float32Array.of(2), { tensor: 'x', kind: 'logit', fake: 'negative' })).toBe(-2)
  })

  it('takes the difference of two logits towards the index that means fake', () => {
    expect(fakeLogitOf(Float32Array.of(3, 1), { tensor: 'x', kind: 'two-logits', fake: 0 })).toBe(2)
    expect(fakeLogitOf(Float32Array.of(3, 1), { tensor: 'x', kind: 'two-logits', fake: 1 })).toBe(-2)
  })

  it('undoes the sigmoid of a probability', () => {
    expect(fakeLogitOf(Float32Array.of(0.75), { tensor: 'x', kind: 'probability', fake: 'positive' })).toBeCloseTo(
      Math.log(3),
      6,
    )
  })

  it.each(['positive', 'negative'] as const)('is finite where a sure model rounds to 0 or 1 (%s)', (fake) => {
    const logits = [0, 1].map((value) =>
      fakeLogitOf(Float32Array.of(value), { tensor: 'x', kind: 'probability', fake }),
    )
    const sure = Math.log(2 ** 24 - 1)
    expect(logits.map((logit) => Math.abs(logit))).toEqual([expect.closeTo(sure, 6), expect.closeTo(sure, 6)])
    expect(Math.sign(logits[1]!)).toBe(fake === 'positive' ? 1 : -1)
  })

  it.each([-0.01, 1.01, Number.NaN])('is no number for %d, which is no probability', (value) => {
    expect(fakeLogitOf(Float32Array.of(value), { tensor: 'x', kind: 'probability', fake: 'positive' })).toBeNaN()
  })
})
