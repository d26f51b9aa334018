import { createDecoder } from '../audio/create-decoder.ts'
import { Resampler } from '../dsp/resampler.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import { limitsWith } from '../protocol/limits.ts'
import { parseStreamParameters } from '../protocol/parameters.ts'
import { SampleBlocks } from '../stream/sample-blocks.ts'
import { audioInput } from './audio-input.ts'

const MODEL_RATE = 16_000

/**
 * All samples of an audio file or `-` at 16 kHz, its channels mixed to their mean. What `onSamples` is given is used again: copy to keep.
 * @throws EarwitnessError `unsupported_audio`, `bad_audio`
 */
export async function monoSamples(source: string, onSamples: (samples: Float32Array) => void): Promise<void> {
  const { encoding, chunks } = await audioInput(source, undefined)
  let resampler: Resampler | undefined
  const blocks = new SampleBlocks(
    true,
    (format) => {
      resampler = new Resampler(format.sampleRate, MODEL_RATE)
    },
    () => {},
  )
  const decoder = createDecoder(parseStreamParameters({ encoding }), limitsWith(), blocks)
  const goThrough = (): void => {
    for (const { planes } of blocks.take()) resampler?.push(planes[0]!, onSamples)
  }
  try {
    for await (const bytes of chunks) {
      decoder.push(bytes)
      goThrough()
    }
    decoder.flush()
    goThrough()
  } finally {
    decoder.close()
  }
  if (resampler === undefined) throw new EarwitnessError('unsupported_audio', 'there is no audio in the file')
  resampler.flush(onSamples)
}
