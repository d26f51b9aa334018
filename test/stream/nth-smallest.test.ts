import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nthSmallest } from '../../src/stream/nth-smallest.ts'

it('the nth smallest is what sorting would put there, equal values and infinities among them', () => {
  const value = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, 1, Number.NEGATIVE_INFINITY))
  fc.assert(
    fc.property(
      fc.float32Array({ minLength: 1, maxLength: 60 }).map(withoutNaN),
      fc.array(value),
      fc.nat(),
      (some, more, seed) => {
        const values = Float32Array.of(...some, ...more)
        const rank = seed % values.length
        expect(nthSmallest(values.slice(), rank) === values.toSorted()[rank]).toBe(true)
      },
    ),
  )
})

it('there is none of nothing', () => {
  expect(nthSmallest(new Float32Array(0), 0)).toBeUndefined()
})

function withoutNaN(values: Float32Array): Float32Array {
  return values.map((value) => (Number.isNaN(value) ? 0 : value))
}
