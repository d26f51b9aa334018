import fc from 'fast-check'
import { expect, it } from 'vitest'
import { halfBits } from '../../src/importing/constant-bytes.ts'
import { halfToNumber } from '../../src/importing/number-formats.ts'

it('writes every half-precision number as itself', () => {
  for (let bits = 0; bits < 0x1_0000; bits += 1) {
    const value = halfToNumber(bits)
    if (Number.isNaN(value)) continue
    expect(halfBits(value)).toBe(Object.is(value, 0) || !Object.is(value, -0) ? bits : 0x8000)
  }
})

it('rounds every number to one of its two neighbours, the nearer', () => {
  fc.assert(
    fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
      const bits = halfBits(value)
      const apart = Math.abs(halfToNumber(bits) - value)
      for (const other of [bits - 1, bits + 1]) {
        const neighbour = halfToNumber(other & 0xffff)
        if (Number.isFinite(neighbour)) expect(apart).toBeLessThanOrEqual(Math.abs(neighbour - value))
      }
    }),
  )
})

it('rounds to even between two, and to infinity beyond the largest', () => {
  expect(halfToNumber(halfBits(2049))).toBe(2048)
  expect(halfToNumber(halfBits(2051))).toBe(2052)
  expect(halfToNumber(halfBits(65_519))).toBe(65_504)
  expect(halfToNumber(halfBits(65_520))).toBe(Number.POSITIVE_INFINITY)
  expect(halfBits(Number.NaN)).toBe(0x7e00)
})
