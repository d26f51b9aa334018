import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameRing } from '../../src/dsp/frame-ring.ts'

describe('the frame ring', () => {
  it('gives the last frames, oldest first, and zeros after them', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 12 }), (pushed, capacity) => {
        const ring = new FrameRing(capacity, 2)
        for (let frame = 1; frame <= pushed; frame += 1) ring.push(Float32Array.of(frame, -frame))
        const target = new Float32Array(3 + capacity * 2).fill(9)
        const held = ring.copyLast(target, 3)
        const expected = Array.from({ length: capacity }, (_, at) => {
          const frame = at < held ? pushed - held + at + 1 : 0
          return [frame, frame === 0 ? 0 : -frame]
        })
        expect(held).toBe(Math.min(pushed, capacity))
        expect([...target]).toEqual([9, 9, 9, ...expected.flat()])
      }),
    )
  })

  it('counts the frames that it has forgotten', () => {
    const ring = new FrameRing(4, 1)
    for (let frame = 0; frame < 10; frame += 1) ring.push(Float32Array.of(frame))
    expect(ring.count).toBe(10)
  })
})
