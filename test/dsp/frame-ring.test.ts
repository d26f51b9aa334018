import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameRing } from '../../src/dsp/frame-ring.ts'

/** A ring whose frames hold their own numbers. */
function ringOf(pushed: number, capacity: number, from = 0): FrameRing {
  const ring = new FrameRing(capacity, 2)
  ring.restart(from)
  for (let frame = from; frame < from + pushed; frame += 1) ring.push(Float32Array.of(frame, -frame))
  return ring
}

describe('the frame ring', () => {
  it('gives any stretch of the frames that it holds, by their numbers, and touches nothing else', () => {
    const any = fc.record({ pushed: fc.nat(40), capacity: fc.integer({ min: 1, max: 12 }), from: fc.nat(30) })
    fc.assert(
      fc.property(any, fc.nat(), fc.nat(), ({ pushed, capacity, from }, one, other) => {
        const ring = ringOf(pushed, capacity, from)
        const held = ring.count - ring.oldest
        expect(held).toBe(Math.min(pushed, capacity))
        const [first, end] = [one % (held + 1), other % (held + 1)].sort((a, b) => a - b).map((at) => ring.oldest + at)
        const target = new Float32Array(3 + capacity * 2).fill(99)
        ring.copy(first!, end!, target, 3)
        const expected = Array.from({ length: end! - first! }, (_, at) => [first! + at, -(first! + at)]).flat()
        expect([...target]).toEqual(Array.from(target, (_, at) => Math.fround(expected[at - 3] ?? 99)))
      }),
    )
  })

  it('counts the frames that it has forgotten', () => {
    expect(ringOf(10, 4)).toMatchObject({ count: 10, oldest: 6 })
  })

  it('refuses a frame that it has forgotten, and one that it has not seen', () => {
    const ring = ringOf(10, 4)
    const target = new Float32Array(20)
    expect(() => ring.copy(5, 8, target, 0)).toThrow('frames 5 to 8 were asked for; 6 to 10 are held')
    expect(() => ring.copy(8, 11, target, 0)).toThrow(RangeError)
  })

  it('holds nothing after a restart, and goes on with the number it was given', () => {
    const ring = ringOf(10, 4)
    ring.restart(70)
    expect(ring).toMatchObject({ count: 70, oldest: 70 })
    ring.push(Float32Array.of(1, 2))
    expect(ring).toMatchObject({ count: 71, oldest: 70 })
  })
})
