import { EarwitnessError } from '../protocol/errors.ts'
import type { Fft } from './fft.ts'
import type { FrameSink, FrontEnd } from './front-end.ts'
import { kaldiMelFilterbank } from './kaldi-mel-filterbank.ts'
import { LogBands } from './log-bands.ts'
import { type MelFilterbank, sharedFilters } from './mel-filters.ts'
import type { PowerSpectrum } from './power-spectrum.ts'

const SAMPLE_RATE = 16_000
const FRAME = 400
const HOP = 160
const FFT_SIZE = 512
/** Samples that the buffer takes beyond one frame before it is moved to the front. */
const SLACK = 16 * FRAME

export interface KaldiFbankSpec {
  readonly kind: 'kaldi-fbank'
  readonly melBins: number
  readonly lowHz: number
  readonly highHz: number
  readonly preemphasis: number
  readonly floor: number
  readonly mean: number
  readonly std: number
}

/**
 * torchaudio's `compliance.kaldi.fbank(window_type="hanning", num_mel_bins=128)`, which is Hugging Face's
 * `ASTFeatureExtractor`, as a stream, then (x − mean) / (2 · std). Frame t holds samples 160·t to 160·t + 399 and comes
 * with the last of them; edges are snipped, so N samples give ⌊(N − 400) / 160⌋ + 1 frames and a flush adds none.
 * Holds at most 17 frames of samples.
 */
export class KaldiFbank implements FrontEnd {
  readonly hopSamples = HOP
  readonly bins: number
  readonly #preemphasis: number
  readonly #spectrum: PowerSpectrum
  readonly #bands: LogBands
  readonly #window = symmetricHann(FRAME)
  readonly #samples = new Float32Array(FRAME + SLACK)
  /** Position of the buffer's first sample. */
  #start = 0
  /** Position behind the newest sample. */
  #end = 0
  #frames = 0
  #finished = false

  constructor(spec: KaldiFbankSpec, fft: Fft) {
    const { floor, mean, std } = spec
    this.bins = spec.melBins
    this.#preemphasis = spec.preemphasis
    this.#spectrum = fft.spectrum(FFT_SIZE)
    this.#bands = new LogBands(fft.kernel, filtersOf(spec), { floor, factor: 1, offset: -mean, scale: 2 * std })
  }

  framesIn(samples: number): number {
    return samples < FRAME ? 0 : Math.floor((samples - FRAME) / HOP) + 1
  }

  push(samples: Float32Array, onFrame: FrameSink): void {
    if (this.#finished) throw new EarwitnessError('stage_finished', 'the front end has been flushed')
    let taken = 0
    while (taken < samples.length) {
      this.#makeRoom()
      const room = this.#samples.length - (this.#end - this.#start)
      const piece = samples.subarray(taken, taken + room)
      this.#samples.set(piece, this.#end - this.#start)
      this.#end += piece.length
      taken += piece.length
      while (this.#end >= this.#frames * HOP + FRAME) this.#emit(onFrame)
    }
  }

  flush(_onFrame: FrameSink): void {
    if (this.#finished) throw new EarwitnessError('stage_finished', 'the front end has been flushed')
    this.#finished = true
  }

  reset(at = 0): number {
    this.#start = at
    this.#end = at
    this.#frames = Math.ceil(at / HOP)
    this.#finished = false
    return this.#frames
  }

  /** Forgets what no frame to come reaches back to, once the buffer is full. */
  #makeRoom(): void {
    if (this.#end - this.#start < this.#samples.length) return
    const needed = this.#frames * HOP
    this.#samples.copyWithin(0, needed - this.#start, this.#end - this.#start)
    this.#start = needed
  }

  #emit(onFrame: FrameSink): void {
    this.#shape(this.#frames * HOP - this.#start)
    this.#spectrum.measure()
    onFrame(this.#bands.measure(), this.#frames)
    this.#frames += 1
  }

  /** Without its mean, pre-emphasised (the sample before the first is the first), windowed, and zeros behind. */
  #shape(at: number): void {
    const { input } = this.#spectrum
    let sum = 0
    for (let i = 0; i < FRAME; i += 1) sum += this.#samples[at + i]!
    const mean = sum / FRAME
    let previous = this.#samples[at]! - mean
    for (let i = 0; i < FRAME; i += 1) {
      const sample = this.#samples[at + i]! - mean
      input[i] = (sample - this.#preemphasis * previous) * this.#window[i]!
      previous = sample
    }
    // The transform is shared: who used it before left his own values here.
    input.fill(0, FRAME)
  }
}

const filterbankOf = sharedFilters(kaldiMelFilterbank)

function filtersOf({ melBins, lowHz, highHz }: KaldiFbankSpec): MelFilterbank {
  return filterbankOf({ bins: melBins, fftSize: FFT_SIZE, sampleRate: SAMPLE_RATE, lowHz, highHz })
}

/** Symmetric: w[n] = 0.5 − 0.5 · cos(2πn / (N − 1)). */
function symmetricHann(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (size - 1)))
}
