import opus from '@discordjs/opus'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDecoder } from '../../src/audio/create-decoder.ts'
import { opusPacketSamples } from '../../src/audio/opus-packet.ts'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { limitsWith } from '../../src/protocol/limits.ts'
import { decode, RecordingSink } from './recording-sink.ts'

const DISCORD_SILENCE = Uint8Array.from([0xf8, 0xff, 0xfe])

function packets(count: number): Uint8Array[] {
  const encoder = new opus.OpusEncoder(16_000, 1)
  return Array.from({ length: count }, (_, packet) => {
    const samples = Int16Array.from({ length: 320 }, (_, at) => 8_000 * Math.sin((packet * 320 + at) * 0.1))
    return Uint8Array.from(encoder.encode(Buffer.from(samples.buffer)))
  })
}

describe('raw Opus packets', () => {
  it('decode to 16 kHz, 20 ms each', () => {
    const sink = decode({ encoding: 'opus', sampleRate: 48_000 }, packets(5))
    expect(sink.formats).toEqual([{ sampleRate: 16_000, channels: 1 }])
    expect(sink.plane()).toHaveLength(1_600)
    expect(sink.warnings).toEqual([])
  })

  it("take Discord's silence frame for audio", () => {
    expect(decode({ encoding: 'opus', channels: 2 }, [DISCORD_SILENCE]).plane(1)).toEqual(new Float32Array(320))
  })

  it('leave a gap as long as the packet before for an empty one', () => {
    const sink = decode({ encoding: 'opus' }, [...packets(2), new Uint8Array(0)])
    expect(sink.gaps).toEqual([320])
    expect(sink.codes).toEqual(['corrupt_audio'])
  })

  it('leave a gap for a packet whose frame lengths do not fit', () => {
    expect(decode({ encoding: 'opus' }, [Uint8Array.from([0x49, 1, 2, 3, 4, 5])]).gaps).toEqual([320])
  })

  it('warn of the first, second, fourth and eighth corrupt packet, no more', () => {
    expect(decode({ encoding: 'opus' }, new Array(10).fill(new Uint8Array(0))).warnings).toHaveLength(4)
  })

  it('end with bad_audio beyond corruptPackets in a row', () => {
    const empty = new Array(4).fill(new Uint8Array(0))
    expect(() => decode({ encoding: 'opus' }, empty, 3)).toThrow(expect.objectContaining({ code: 'bad_audio' }))
  })

  it('count corrupt packets anew after a good one', () => {
    const empty = new Array(3).fill(new Uint8Array(0))
    expect(decode({ encoding: 'opus' }, [...empty, ...packets(1), ...empty], 3).gaps).toHaveLength(6)
  })

  it('cannot have more than two channels', () => {
    expect(() => decode({ encoding: 'opus', channels: 3 }, [])).toThrow(
      expect.objectContaining({ code: 'bad_parameter' }),
    )
  })

  it('of any bytes give samples or gaps of the length that they claim, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (packet) => {
        const sink = decode({ encoding: 'opus' }, [packet])
        expect(sink.plane()).toHaveLength(opusPacketSamples(packet) ?? 320)
      }),
    )
  })
})

describe('a decoder', () => {
  it('refuses audio after its end as stage_finished', () => {
    const decoder = createDecoder(
      { encoding: 'opus', sampleRate: 16_000, channels: 1 },
      limitsWith(),
      new RecordingSink(),
    )
    decoder.flush()
    expect(() => decoder.push(DISCORD_SILENCE)).toThrow(EarwitnessError)
  })

  it('decodes as new after another one was closed', () => {
    const [first, second] = [decode({ encoding: 'opus' }, packets(9)), decode({ encoding: 'opus' }, packets(9))]
    expect(second.plane()).toEqual(first.plane())
  })

  it('frees its memory when it is closed', () => {
    const audio = packets(2)
    const churn = (count: number) => {
      for (let at = 0; at < count; at++) decode({ encoding: 'opus' }, audio)
      globalThis.gc?.()
    }
    churn(500)
    const before = process.memoryUsage().rss
    churn(3_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1_048_576)
  })
})

describe('the length of an Opus packet', () => {
  it.each([
    ['one SILK frame of 60 ms', [0x18, 0], 960],
    ['two CELT frames of 2.5 ms', [0x81, 1, 1], 80],
    ['two frames of unlike length', [0x4a, 1, 7, 7, 7], 640],
    ['three frames of like length', [0x4b, 3, 1, 2, 3], 960],
    ['padding', [0x4b, 0x41, 2, 9, 0, 0], 320],
    ['variable lengths', [0x4b, 0x82, 1, 9, 9], 640],
  ])('is right for %s', (_, bytes, samples) => {
    expect(opusPacketSamples(Uint8Array.from(bytes))).toBe(samples)
  })

  it.each([
    ['no byte', []],
    ['two like frames in an odd number of bytes', [0x49, 1]],
    ['no frame', [0x4b, 0]],
    ['more than 120 ms', [0x1b, 3, 1, 1, 1]],
    ['more padding than bytes', [0x4b, 0x41, 200, 9]],
    ['a length beyond the end', [0x4a, 9, 1]],
  ])('is not told for %s', (_, bytes) => {
    expect(opusPacketSamples(Uint8Array.from(bytes))).toBeUndefined()
  })
})
