import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ffmpegBytes, floats, hasFfmpeg, sweep } from './ffmpeg-bytes.ts'
import { cutAt, decode } from './recording-sink.ts'

const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code)

describe.skipIf(!hasFfmpeg)('raw audio against ffmpeg (skipped where ffmpeg is missing)', () => {
  it.each(['mulaw', 'alaw'] as const)('reads all 256 codes of %s as ffmpeg does', (encoding) => {
    const expected = ffmpegBytes(['-f', encoding, '-ar', '8000', '-i', 'pipe:0', '-f', 'f32le'], allCodes)
    expect(decode({ encoding }, [allCodes]).plane()).toEqual(floats(expected))
  })

  it.each(['s16le', 'f32le'] as const)('reads %s as ffmpeg does', (encoding) => {
    const bytes = ffmpegBytes([...sweep(1, 16_000), '-f', encoding])
    const expected = ffmpegBytes(['-f', encoding, '-ar', '16000', '-i', 'pipe:0', '-f', 'f32le'], bytes)
    expect(decode({ encoding }, [bytes]).plane()).toEqual(floats(expected))
  })

  it.each(['pcm_u8', 'pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_alaw', 'pcm_mulaw'])(
    'reads a piped WAV of %s as ffmpeg does, and believes its header',
    (codec) => {
      const wav = ffmpegBytes([...sweep(2, 22_050), '-c:a', codec, '-f', 'wav'])
      const expected = floats(ffmpegBytes(['-i', 'pipe:0', '-f', 'f32le', '-c:a', 'pcm_f32le'], wav))
      const sink = decode({ encoding: 's16le' }, [wav])
      expect(sink.formats).toEqual([{ sampleRate: 22_050, channels: 2 }])
      expect(sink.codes).toEqual(['header_ignored'])
      expect(sink.plane(1)).toEqual(expected.filter((_, at) => at % 2 === 1))
    },
  )

  it('gives the same bits for a WAV however its bytes are cut', () => {
    const wav = ffmpegBytes([...sweep(2, 8_000), '-f', 'wav', '-rf64', 'always']).subarray(0, 2_000)
    const whole = decode({ encoding: 's16le' }, [wav]).everything
    expect(decode({ encoding: 's16le' }, cutAt(wav, [...wav.keys()])).everything).toEqual(whole)
    fc.assert(
      fc.property(fc.array(fc.nat(2_000)), (places) => {
        expect(decode({ encoding: 's16le' }, cutAt(wav, places)).everything).toEqual(whole)
      }),
    )
  })
})

function wavOf(dataBytes: number, data: Uint8Array, format = 1): Uint8Array {
  const header = Buffer.alloc(60)
  header.write('RIFF\xff\xff\xff\xffWAVEjunk\x03\0\0\0odd\0fmt \x10\0\0\0', 'latin1')
  header.writeUInt16LE(format, 32)
  header.writeUInt16LE(1, 34)
  header.writeUInt32LE(16_000, 36)
  header.writeUInt16LE(2, 44)
  header.writeUInt16LE(16, 46)
  header.write('data', 48)
  header.writeUInt32LE(dataBytes, 52)
  return Buffer.concat([header.subarray(0, 56), data])
}

describe('a WAV header before raw audio', () => {
  const data = Uint8Array.from([0, 0x40, 0, 0xc0, 0, 0x20])

  it('skips odd chunks with their padding', () => {
    expect([...decode({ encoding: 's16le' }, [wavOf(6, data)]).plane()]).toEqual([0.5, -0.5, 0.25])
  })

  it.each([0, 0xffff_ffff])('takes a data size of %i for unknown', (size) => {
    expect(decode({ encoding: 's16le' }, [wavOf(size, data)]).plane()).toHaveLength(3)
  })

  it('takes nothing after the data chunk for audio', () => {
    expect(decode({ encoding: 's16le' }, [wavOf(4, data)]).plane()).toHaveLength(2)
  })

  it('does not warn of a header that says what the parameters say', () => {
    expect(decode({ encoding: 's16le' }, [wavOf(6, data)]).warnings).toEqual([])
  })

  it('refuses a codec that it does not know as unsupported_audio', () => {
    expect(() => decode({ encoding: 's16le' }, [wavOf(6, data, 85)])).toThrow(
      expect.objectContaining({ code: 'unsupported_audio' }),
    )
  })

  it('warns when the audio ends inside the header', () => {
    expect(decode({ encoding: 's16le' }, [wavOf(6, data).subarray(0, 30)]).codes).toEqual(['truncated_audio'])
  })
})

describe('raw audio', () => {
  it.each(['R', 'RIFF', 'RF64', 'RIFFxxxxWAV', 'RIFFxxxxWAVx', 'RIFx'])(
    'that starts with %s comes out whole',
    (text) => {
      const bytes = Buffer.from(`${text}abcd`).subarray(0, text.length)
      expect(decode({ encoding: 'mulaw' }, cutAt(bytes, [1, 3])).plane()).toHaveLength(text.length)
    },
  )

  it.each(['s16le', 'f32le', 'mulaw', 'alaw'] as const)('of %s gives the same bits however it is cut', (encoding) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(400)),
        (bytes, channels, places) => {
          const whole = decode({ encoding, channels }, [bytes])
          const cut = decode({ encoding, channels }, cutAt(bytes, places))
          expect(cut.everything.planes).toEqual(whole.everything.planes)
          const truncated = (code: string) => code === 'truncated_audio'
          expect(cut.codes.filter(truncated)).toEqual(whole.codes.filter(truncated))
        },
      ),
    )
  })

  it('turns what is not finite into silence, with one warning a push that counts it', () => {
    const bytes = new Uint8Array(Float32Array.from([Number.NaN, 1.5, -Infinity, Infinity, -2]).buffer)
    const sink = decode({ encoding: 'f32le' }, [bytes])
    expect([...sink.plane()]).toEqual([0, 1.5, 0, 0, -2])
    expect(sink.warnings).toEqual([{ code: 'not_finite', message: expect.stringContaining('3 samples') }])
  })

  it('warns of bytes that do not fill a sample at the end', () => {
    const sink = decode({ encoding: 's16le', channels: 2 }, [new Uint8Array(7)])
    expect(sink.plane(1)).toHaveLength(1)
    expect(sink.codes).toEqual(['truncated_audio'])
  })
})
