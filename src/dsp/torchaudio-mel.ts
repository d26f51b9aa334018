import { EarwitnessError } from '../protocol/errors.ts'
import type { Fft } from './fft.ts'
import type { FrameSink, FrontEnd } from './front-end.ts'
import { LogBands } from './log-bands.ts'
import { melFilterbank } from './mel-filterbank.ts'
import { type MelFilterbank, sharedFilters } from './mel-filters.ts'
import type { PowerSpectrum } from './power-spectrum.ts'

const SAMPLE_RATE = 16_000
const FFT_SIZE = 2048
const HOP = 160
const HALF = FFT_SIZE / 2
const DECIBELS = 10 / Math.LN10
/** Samples that the buffer takes beyond one frame before it is moved to the front. */
const SLACK = 2 * FFT_SIZE

export interface TorchaudioMelSpec {
  readonly kind: 'torchaudio-mel'
  readonly melBins: number
  readonly lowHz: number
  readonly highHz: number
  readonly floor: number
  readonly offset: number
  readonly scale: number
}

/**
 * torchaudio's `MelSpectrogram(16000, n_fft=2048, hop_length=160, n_mels=128)` and `AmplitudeToDB()` as a stream,
 * then (dB + offset) / scale. Frame t is centred on sample 160·t and comes with sample 160·t + 1023; N samples and
 * a flush give ⌊N/160⌋ + 1 frames. The start, and at the flush the end, are continued by reflection.
 * Fewer than 1025 samples cannot be reflected (torchaudio throws): a flush then adds no frames.
 * Holds at most 3 frames of samples.
 */
export class TorchaudioMel implements FrontEnd {
  readonly hopSamples = HOP
  readonly bins: number
  readonly #spectrum: PowerSpectrum
  readonly #window: number
  readonly #bands: LogBands
  readonly #samples = new Float32Array(FFT_SIZE + SLACK)
  /** Position of the buffer's first sample: the reflected ones before the audio have negative positions. */
  #start = -HALF
  /** Position behind the newest sample. */
  #end = 0
  #frames = 0
  #finished = false

  constructor(spec: TorchaudioMelSpec, fft: Fft) {
    const { floor, offset, scale } = spec
    this.bins = spec.melBins
    this.#spectrum = fft.spectrum(FFT_SIZE)
    this.#window = fft.kernel.keep(WINDOW)
    this.#bands = new LogBands(fft.kernel, filtersOf(spec), { floor, factor: DECIBELS, offset, scale })
  }

  framesIn(samples: number): number {
    return samples <= HALF ? 0 : Math.floor(samples / HOP) + 1
  }

  push(samples: Float32Array, onFrame: FrameSink): void {
    if (this.#finished) throw new EarwitnessError('stage_finished', 'the front end has been flushed')
    let taken = 0
    while (taken < samples.length) {
      this.#makeRoom()
      const room = this.#samples.length - (this.#end - this.#start)
      const piece = samples.subarray(taken, taken + room)
      this.#append(piece)
      taken += piece.length
      while (this.#end >= this.#frames * HOP + HALF) this.#emit(onFrame)
    }
  }

  flush(onFrame: FrameSink): void {
    if (this.#finished) throw new EarwitnessError('stage_finished', 'the front end has been flushed')
    this.#finished = true
    const length = this.#end
    if (length <= HALF) return
    this.#makeRoom()
    const last = length - 1 - this.#start
    for (let k = 1; k <= HALF; k += 1) this.#samples[last + k] = this.#samples[last - k]!
    this.#end += HALF
    while (this.#frames <= Math.floor(length / HOP)) this.#emit(onFrame)
  }

  reset(at = 0): number {
    this.#start = at === 0 ? -HALF : at
    this.#end = at
    this.#frames = at === 0 ? 0 : Math.ceil((at + HALF) / HOP)
    this.#finished = false
    return this.#frames
  }

  #append(piece: Float32Array): void {
    const before = this.#end
    this.#samples.set(piece, before - this.#start)
    this.#end += piece.length
    if (this.#start < 0 && before < HALF && this.#end >= HALF) this.#reflectStart()
  }

  /** Sample −k is sample k. The outermost, −1024, meets the window's zero and needs no value. */
  #reflectStart(): void {
    this.#samples[0] = 0
    for (let k = 1; k < HALF; k += 1) this.#samples[HALF - k] = this.#samples[HALF + k]!
  }

  /** Forgets what no frame to come reaches back to, once too little room is left. */
  #makeRoom(): void {
    const needed = this.#frames * HOP - HALF
    if (this.#end - this.#start + FFT_SIZE <= this.#samples.length) return
    this.#samples.copyWithin(0, needed - this.#start, this.#end - this.#start)
    this.#start = needed
  }

  #emit(onFrame: FrameSink): void {
    const at = this.#frames * HOP - HALF - this.#start
    this.#spectrum.measureWindowed(this.#samples, at, this.#window)
    onFrame(this.#bands.measure(), this.#frames)
    this.#frames += 1
  }
}

const filterbankOf = sharedFilters(melFilterbank)

function filtersOf({ melBins, lowHz, highHz }: TorchaudioMelSpec): MelFilterbank {
  return filterbankOf({ bins: melBins, fftSize: FFT_SIZE, sampleRate: SAMPLE_RATE, lowHz, highHz })
}

/** Periodic: w[n] = 0.5 − 0.5 · cos(2πn / N), each step rounded to float32 as torch.hann_window rounds it. */
function hannWindow(size: number): Float32Array {
  const { fround } = Math
  const step = fround((2 * Math.PI) / size)
  return Float32Array.from({ length: size }, (_, n) => fround(0.5 - 0.5 * fround(Math.cos(fround(n * step)))))
}

const WINDOW = hannWindow(FFT_SIZE)
