import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { ffmpegBytes, floats, hasFfmpeg, sweep } from './ffmpeg-bytes.ts'
import { cutAt, decode } from './recording-sink.ts'

const CONTAINERS = [
  { encoding: 'ogg-opus', muxer: ['-f', 'ogg'] },
  { encoding: 'ogg-opus', muxer: ['-f', 'ogg', '-page_duration', '20000'] },
  { encoding: 'ogg-opus', muxer: ['-frame_duration', '60', '-b:a', '256k', '-f', 'ogg', '-page_duration', '20000000'] },
  { encoding: 'webm-opus', muxer: ['-f', 'webm'] },
  { encoding: 'webm-opus', muxer: ['-f', 'webm', '-live', '1', '-dash', '1'] },
] as const

/** CELT only: SILK's own resampler delays by half a sample more or less at 16 kHz than at 48 kHz, which is no error. */
function opusFile(muxer: readonly string[], channels = 1): Uint8Array {
  return ffmpegBytes([
    ...sweep(channels, 48_000),
    '-c:a',
    'libopus',
    '-application',
    'lowdelay',
    '-b:a',
    '48k',
    ...muxer,
  ])
}

/** The root of the mean square of the difference, against that of the expected. */
function relativeError(got: Float32Array, expected: Float32Array): number {
  let difference = 0
  let power = 0
  for (let at = 0; at < Math.min(got.length, expected.length); at++) {
    difference += (got[at] - expected[at]) ** 2
    power += expected[at] ** 2
  }
  return Math.sqrt(difference / power)
}

describe.skipIf(!hasFfmpeg)('Opus in containers (skipped where ffmpeg is missing)', () => {
  for (const { encoding, muxer } of CONTAINERS) {
    describe(`${encoding} made with ${muxer.join(' ')}`, () => {
      it.each([1, 2])('decodes %i channels to the samples of ffmpeg with libopus', (channels) => {
        const file = opusFile(muxer, channels)
        const args = ['-c:a', 'libopus', '-i', 'pipe:0', '-af', 'aresample=16000', '-f', 'f32le']
        const expected = floats(ffmpegBytes(args, file)).filter((_, at) => at % channels === 0)
        const sink = decode({ encoding }, [file])
        expect(sink.formats).toEqual([{ sampleRate: 16_000, channels }])
        expect(sink.warnings).toEqual([])
        expect(relativeError(sink.plane(), expected)).toBeLessThan(0.01)
        expect(sink.plane()).toHaveLength(32_000)
      })

      it('gives the same bits however its bytes are cut', () => {
        const file = opusFile(muxer).subarray(0, 5_000)
        const whole = decode({ encoding }, [file]).everything
        expect(decode({ encoding }, cutAt(file, [...file.keys()])).everything).toEqual(whole)
        fc.assert(
          fc.property(fc.array(fc.nat(5_000), { maxLength: 40 }), (places) => {
            expect(decode({ encoding }, cutAt(file, places)).everything).toEqual(whole)
          }),
          { numRuns: 20 },
        )
      })

      it('throws nothing but its own errors however its bytes are damaged', () => {
        const file = opusFile(muxer).subarray(0, 6_000)
        const flips = fc.array(fc.tuple(fc.nat(5_999), fc.nat(255)), { minLength: 1, maxLength: 20 })
        fc.assert(
          fc.property(flips, (changes) => {
            const damaged = file.slice()
            for (const [at, byte] of changes) damaged[at] = byte
            onlyOwnErrors(() => decode({ encoding }, [damaged]))
          }),
          { numRuns: 50 },
        )
      })
    })
  }

  it('puts a gap of the right length in place of a damaged Ogg page', () => {
    const file = opusFile(['-f', 'ogg', '-page_duration', '20000']).slice()
    file[Math.floor(file.length / 2)] ^= 0xff
    const sink = decode({ encoding: 'ogg-opus' }, [file])
    expect(sink.gaps).toEqual([320])
    expect(sink.plane()).toHaveLength(32_000)
    expect(new Set(sink.codes)).toEqual(new Set(['corrupt_audio']))
  })

  it.each([1, 2])('goes on where an Ogg file of %i channels follows another, as in a radio', (channels) => {
    const file = opusFile(['-f', 'ogg'], channels)
    const [once, twice] = [[file], [file, file]].map((files) =>
      decode({ encoding: 'ogg-opus' }, [Buffer.concat(files)]),
    )
    expect(twice!.formats).toEqual(once!.formats)
    expect(twice!.warnings).toEqual([])
    expect(twice!.plane()).toEqual(Float32Array.from([...once!.plane(), ...once!.plane()]))
  })

  it('refuses an Ogg file that goes on with other channels', () => {
    const files = [opusFile(['-f', 'ogg'], 1), opusFile(['-f', 'ogg'], 2)]
    expect(() => decode({ encoding: 'ogg-opus' }, files)).toThrow(
      expect.objectContaining({ code: 'unsupported_audio' }),
    )
  })

  it('gives up where too much that is no Ogg follows the end of the stream', () => {
    const junk = Buffer.alloc(27 * 9_000, 'OggS\0'.padEnd(27, '\xff'), 'latin1')
    expect(() => decode({ encoding: 'ogg-opus' }, [opusFile(['-f', 'ogg']), junk])).toThrow(
      expect.objectContaining({ code: 'bad_audio' }),
    )
  })

  it.each(['ogg-opus', 'webm-opus'] as const)('warns of %s that ends too early', (encoding) => {
    const file = opusFile(['-f', encoding.split('-')[0]])
    expect(decode({ encoding }, [file.subarray(0, 3_000)]).codes).toEqual(['truncated_audio'])
  })
})

describe('containers of anything', () => {
  it.each(['ogg-opus', 'webm-opus'] as const)('%s refuses garbage as unsupported_audio', (encoding) => {
    expect(() => decode({ encoding }, [Buffer.from('hello, this is not audio at all')])).toThrow(
      expect.objectContaining({ code: 'unsupported_audio' }),
    )
  })

  it.each(['ogg-opus', 'webm-opus'] as const)('%s throws nothing but its own errors', (encoding) => {
    const magic = encoding === 'ogg-opus' ? 'OggS' : '\x1a\x45\xdf\xa3\x80'
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.boolean(), (bytes, begins) => {
        onlyOwnErrors(() => decode({ encoding }, begins ? [Buffer.from(magic, 'latin1'), bytes] : [bytes]))
      }),
    )
  })
})

function onlyOwnErrors(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(EarwitnessError)
  }
}
