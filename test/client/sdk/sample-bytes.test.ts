import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleBytes } from '../../../client/sdk/sample-bytes.ts'
import { frameBytes } from '../../../src/protocol/parameters.ts'

describe('sampleBytes', () => {
  it('gives back 16-bit samples exactly', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 200 }), (integers) => {
        const view = new DataView(
          sampleBytes(
            Float32Array.from(integers, (n) => n / 32_768),
            's16le',
          ).buffer,
        )
        for (const [i, integer] of integers.entries()) expect(view.getInt16(i * 2, true)).toBe(integer)
      }),
    )
  })

  it('clamps what is beyond full scale', () => {
    const view = new DataView(sampleBytes(Float32Array.of(1.5, -1.5), 's16le').buffer)
    expect([view.getInt16(0, true), view.getInt16(2, true)]).toEqual([32_767, -32_768])
  })

  it('gives back floats bit by bit', () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 200, noNaN: true }), (samples) => {
        const view = new DataView(sampleBytes(samples, 'f32le').buffer)
        for (const [i, sample] of samples.entries()) expect(view.getFloat32(i * 4, true)).toBe(sample)
      }),
    )
  })

  it.each(['mulaw', 'alaw', 'opus', 'ogg-opus', 'webm-opus'] as const)('refuses to turn floats into %s', (encoding) => {
    expect(() => sampleBytes(new Float32Array(1), encoding)).toThrow(expect.objectContaining({ code: 'bad_parameter' }))
  })
})

describe('frameBytes', () => {
  it('counts all channels of a sample', () => {
    expect(frameBytes({ encoding: 's16le', channels: 3 })).toBe(6)
  })

  it('is unknown for Opus', () => {
    expect(frameBytes({ encoding: 'opus', channels: 1 })).toBeUndefined()
  })
})
