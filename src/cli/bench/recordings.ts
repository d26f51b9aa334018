import { createDecoder } from '../../audio/create-decoder.ts'
import { Resampler } from '../../dsp/resampler.ts'
import { EarwitnessError } from '../../protocol/errors.ts'
import { limitsWith } from '../../protocol/limits.ts'
import { parseStreamParameters } from '../../protocol/parameters.ts'
import { SampleBlocks } from '../../stream/sample-blocks.ts'
import { audioInput } from '../audio-input.ts'
import { hasOwnFile, ownFile } from './own-file.ts'

const FIXTURES = ['#test/fixtures/audio/real-speech.wav', '#test/fixtures/audio/fake-speech.wav'] as const

/** What the streams play: the file, or the tests' recordings. 16 kHz mono. @throws EarwitnessError `bad_parameter` */
export async function recordings(file: string | undefined): Promise<Float32Array[]> {
  if (file !== undefined) return [await monoSamples(file)]
  if (!FIXTURES.every(hasOwnFile)) {
    throw new EarwitnessError('bad_parameter', '--audio: an installed package has no recordings; name a file of speech')
  }
  return Promise.all(FIXTURES.map((name) => monoSamples(ownFile(name))))
}

async function monoSamples(file: string): Promise<Float32Array> {
  const { encoding, chunks } = await audioInput(file, undefined)
  const pieces: Float32Array[] = []
  let resampler: Resampler | undefined
  const keep = (samples: Float32Array): void => void pieces.push(samples.slice())
  const blocks = new SampleBlocks(
    true,
    (format) => {
      resampler = new Resampler(format.sampleRate, 16_000)
    },
    () => {},
  )
  const decoder = createDecoder(parseStreamParameters({ encoding }), limitsWith(), blocks)
  const goThrough = (): void => {
    for (const { planes } of blocks.take()) resampler?.push(planes[0]!, keep)
  }
  for await (const bytes of chunks) {
    decoder.push(bytes)
    goThrough()
  }
  decoder.flush()
  goThrough()
  resampler?.flush(keep)
  decoder.close()
  return joined(pieces)
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((total, piece) => total + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
