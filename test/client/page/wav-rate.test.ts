import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wavSampleRate } from '../../../client/page/wav-rate.ts'

const fixture = readFileSync(new URL('../../fixtures/audio/real-speech.wav', import.meta.url))

describe('wavSampleRate', () => {
  it('reads the rate of a recording', () => {
    expect(wavSampleRate(new Uint8Array(fixture).buffer)).toBe(16_000)
  })

  it('passes over chunks that stand before the format', () => {
    const odd = Buffer.from([...Buffer.from('LIST'), 3, 0, 0, 0, 1, 2, 3, 0])
    const file = Buffer.concat([fixture.subarray(0, 12), odd, fixture.subarray(12, 60)])
    expect(wavSampleRate(new Uint8Array(file).buffer)).toBe(16_000)
  })

  it('says nothing about any other bytes, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(wavSampleRate(new Uint8Array(bytes).buffer)).toBeUndefined()
      }),
    )
  })

  it('never reads beyond a file that was cut anywhere', () => {
    fc.assert(
      fc.property(fc.nat(64), (length) => {
        expect([undefined, 16_000]).toContain(wavSampleRate(new Uint8Array(fixture.subarray(0, length)).buffer))
      }),
    )
  })
})
