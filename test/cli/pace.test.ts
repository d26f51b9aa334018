import { describe, expect, it } from 'vitest'
import { inRealTime } from '../../src/cli/pace.ts'
import { parseStreamParameters } from '../../src/protocol/parameters.ts'
import { asWav } from '../fixtures/recordings.ts'

describe('the pace of the clock', () => {
  it('is that of the header of a WAV, not of the parameters', async () => {
    const halfSecond = Buffer.from(asWav(new Uint8Array(8_000)))
    halfSecond.writeUInt32LE(8_000, 24)
    halfSecond.writeUInt32LE(16_000, 28)
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield halfSecond
    }
    const started = performance.now()
    let bytes = 0
    for await (const piece of inRealTime(chunks(), parseStreamParameters({}))) bytes += piece.length
    expect(bytes).toBe(8_044)
    expect(performance.now() - started).toBeGreaterThan(450)
  })
})
