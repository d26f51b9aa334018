import { createDecoder } from '../audio/create-decoder.ts'
import { loadFft } from '../dsp/fft.ts'
import type { FrontEnd } from '../dsp/front-end.ts'
import { createFrontEnd, KALDI_FBANK, TORCHAUDIO_MEL } from '../dsp/front-ends.ts'
import { Resampler } from '../dsp/resampler.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import { limitsWith } from '../protocol/limits.ts'
import { parseStreamParameters } from '../protocol/parameters.ts'
import { SampleBlocks } from '../stream/sample-blocks.ts'
import { audioInput } from './audio-input.ts'

const MODEL_RATE = 16_000
/** The recipes that a command can ask for by name. */
export const FRONT_ENDS = { 'torchaudio-mel': TORCHAUDIO_MEL, 'kaldi-fbank': KALDI_FBANK } as const

export type FrontEndName = keyof typeof FRONT_ENDS

/** Row-major float32 [frames, bins]. */
export interface MelFrames {
  readonly values: Float32Array
  readonly frames: number
  readonly bins: number
}

/** All frames of a file or `-`, channels mixed to their mean. @throws EarwitnessError `unsupported_audio`, `bad_audio` */
export async function melFrames(source: string, name: FrontEndName): Promise<MelFrames> {
  const frontEnd = createFrontEnd(FRONT_ENDS[name], await loadFft())
  const rows = new Rows(frontEnd)
  const { encoding, chunks } = await audioInput(source, undefined)
  const blocks = new SampleBlocks(
    true,
    (format) => rows.begin(format.sampleRate),
    () => {},
  )
  const decoder = createDecoder(parseStreamParameters({ encoding }), limitsWith(), blocks)
  const goThrough = (): void => {
    for (const { planes } of blocks.take()) rows.push(planes[0]!)
  }
  try {
    for await (const bytes of chunks) {
      decoder.push(bytes)
      goThrough()
    }
    decoder.flush()
    goThrough()
    return rows.all()
  } finally {
    decoder.close()
  }
}

class Rows {
  readonly #frontEnd: FrontEnd
  readonly #rows: Float32Array[] = []
  #resampler: Resampler | undefined

  constructor(frontEnd: FrontEnd) {
    this.#frontEnd = frontEnd
  }

  begin(sampleRate: number): void {
    this.#resampler = new Resampler(sampleRate, MODEL_RATE)
  }

  push(samples: Float32Array): void {
    this.#resampler?.push(samples, this.#onSamples)
  }

  all(): MelFrames {
    if (this.#resampler === undefined) throw new EarwitnessError('unsupported_audio', 'there is no audio in the file')
    this.#resampler.flush(this.#onSamples)
    this.#frontEnd.flush(this.#onFrame)
    const { bins } = this.#frontEnd
    const values = new Float32Array(this.#rows.length * bins)
    for (const [index, row] of this.#rows.entries()) values.set(row, index * bins)
    return { values, frames: this.#rows.length, bins }
  }

  readonly #onSamples = (samples: Float32Array): void => this.#frontEnd.push(samples, this.#onFrame)

  readonly #onFrame = (frame: Float32Array): void => {
    this.#rows.push(frame.slice())
  }
}
