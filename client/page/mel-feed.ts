import { type Fft, loadFft } from '../../src/dsp/fft.ts'
import type { FrontEnd } from '../../src/dsp/front-end.ts'
import { createFrontEnd, type FrontEndSpec, KALDI_FBANK, TORCHAUDIO_MEL } from '../../src/dsp/front-ends.ts'
import { COLOUR_RANGES, paintFrame } from '../../src/dsp/mel-colours.ts'
import { Resampler } from '../../src/dsp/resampler.ts'
import { MelView } from './mel-view.ts'

const MODEL_RATE = 16_000
const SPECS: Readonly<Record<FrontEndSpec['kind'], FrontEndSpec>> = {
  'torchaudio-mel': TORCHAUDIO_MEL,
  'kaldi-fbank': KALDI_FBANK,
}
const WASM = new URL('pffft.wasm', import.meta.url)

/** The sound as the model hears it: the server's own resampler and front end, run here, into the scrolling picture. */
export class MelFeed {
  readonly #frontEnd: FrontEnd
  readonly #view: MelView
  #resampler = new Resampler(MODEL_RATE, MODEL_RATE)

  private constructor(fft: Fft, kind: FrontEndSpec['kind'], onDrawn: (endFrame: number) => void) {
    this.#frontEnd = createFrontEnd(SPECS[kind], fft)
    const paint = (frame: Float32Array, rgba: Uint8ClampedArray) => paintFrame(frame, rgba, COLOUR_RANGES[kind])
    this.#view = new MelView(this.#frontEnd.bins, paint, onDrawn)
  }

  /**
   * @param kind the front end of the model that listens
   * @param onDrawn told, with each picture, of the frame behind its newest
   */
  static async open(kind: FrontEndSpec['kind'], onDrawn: (endFrame: number) => void): Promise<MelFeed> {
    return new MelFeed(await loadFft(WASM.href), kind, onDrawn)
  }

  /** A new sound begins. @param sampleRate hertz of the samples that will be pushed */
  begin(sampleRate: number): void {
    this.#resampler = new Resampler(sampleRate, MODEL_RATE)
    this.#frontEnd.reset()
    this.#view.clear()
  }

  push(samples: Float32Array): void {
    this.#resampler.push(samples, this.#onModelSamples)
  }

  readonly #onModelSamples = (samples: Float32Array): void => this.#frontEnd.push(samples, this.#onFrame)

  readonly #onFrame = (frame: Float32Array): void => this.#view.add(frame)
}
