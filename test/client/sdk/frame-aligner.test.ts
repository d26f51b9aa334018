import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameAligner } from '../../../client/sdk/frame-aligner.ts'

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 })
const frameBytes = fc.integer({ min: 1, max: 32 })

describe('FrameAligner', () => {
  it('gives whole frames only, whatever the chunks', () => {
    fc.assert(
      fc.property(chunks, frameBytes, (input, size) => {
        const aligner = new FrameAligner(size)
        for (const chunk of input) expect(aligner.push(chunk).length % size).toBe(0)
      }),
    )
  })

  it('gives every byte of every whole frame, in order', () => {
    fc.assert(
      fc.property(chunks, frameBytes, (input, size) => {
        const aligner = new FrameAligner(size)
        const all = Buffer.concat(input)
        const given = Buffer.concat(input.map((chunk) => aligner.push(chunk)))
        expect(given).toEqual(all.subarray(0, all.length - (all.length % size)))
      }),
    )
  })

  it('does not look at its input after the call', () => {
    const input = new Uint8Array([1, 2, 3, 4])
    const whole = new FrameAligner(2).push(input)
    input.fill(0)
    expect([...whole]).toEqual([1, 2, 3, 4])
  })
})
