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
})
