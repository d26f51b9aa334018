import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClippingWatch } from '../../src/stream/clipping-watch.ts'
import { cutAt } from '../fixtures/arrays.ts'

const RATE = 8_000

/** A second of samples, some of them at full scale. */
function second(clipped: number, value = 1): Float32Array {
  return new Float32Array(RATE).fill(0.5).fill(value, 0, clipped)
}

describe('the clipping watch', () => {
  it('warns when a second ends with more than one in a thousand samples at full scale', () => {
    expect(new ClippingWatch(RATE).push(second(9))).toBe(true)
  })

  it('says nothing of one in a thousand', () => {
    expect(new ClippingWatch(RATE).push(second(8))).toBe(false)
  })

  it('watches the negative side too', () => {
    expect(new ClippingWatch(RATE).push(second(9, -1))).toBe(true)
  })

  it('says nothing before the second has ended', () => {
    expect(new ClippingWatch(RATE).push(second(100).subarray(0, RATE - 1))).toBe(false)
  })

  it('warns once while it goes on, and again after a clean second', () => {
    const watch = new ClippingWatch(RATE)
    const clipped = [9, 50, 9, 0, 9]
    expect(clipped.map((count) => watch.push(second(count)))).toEqual([true, false, false, false, true])
  })

  it('warns as often, however the samples are cut', () => {
    const samples = Float32Array.from([9, 0, 50, 50, 0, 9].flatMap((count) => [...second(count)]))
    fc.assert(
      fc.property(fc.array(fc.nat(samples.length), { maxLength: 40 }), (cuts) => {
        const places = [...cuts, ...Array.from({ length: 6 }, (_, at) => at * RATE)]
        const watch = new ClippingWatch(RATE)
        expect([...cutAt(samples, places)].filter((piece) => watch.push(piece))).toHaveLength(3)
      }),
    )
  })
})
