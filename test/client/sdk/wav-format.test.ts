import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wavFormat } from '../../../client/sdk/wav-format.ts'

const fixture = readFileSync(new URL('../../fixtures/audio/real-speech.wav', import.meta.url))

const OF_THE_FIXTURE = { sampleRate: 16_000, bytesPerSecond: 32_000 }

describe('wavFormat', () => {
  it('reads the rates of a recording', () => {
    expect(wavFormat(fixture)).toEqual(OF_THE_FIXTURE)
  })

  it('passes over chunks that stand before the format', () => {
    const odd = Buffer.from([...Buffer.from('LIST'), 3, 0, 0, 0, 1, 2, 3, 0])
    const file = Buffer.concat([fixture.subarray(0, 12), odd, fixture.subarray(12, 60)])
    expect(wavFormat(file)).toEqual(OF_THE_FIXTURE)
  })

  it('says nothing about any other bytes, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(wavFormat(bytes)).toBeUndefined()
      }),
    )
  })

  it('never reads beyond a file that was cut anywhere', () => {
    fc.assert(
      fc.property(fc.nat(64), (length) => {
        expect([undefined, OF_THE_FIXTURE]).toContainEqual(wavFormat(fixture.subarray(0, length)))
      }),
    )
  })
})
