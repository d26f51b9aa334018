import type { Fft } from './fft.ts'
import type { Kernel } from './kernel.ts'
import type { PowerSpectrum } from './power-spectrum.ts'

/** Samples from one frame to the next: 10 ms at 16 kHz, as a mel frame's hop. */
const HOP = 160
const FFT_SIZE = 512
/** Bins of 31.25 Hz, from 94 to 3,813 Hz: what a telephone lets through. */
const FIRST_BIN = 3
const BINS = 120
/** The first bin of each band that the flux looks at, and the end of the last: even below 800 Hz, then ever wider. */
const BAND_EDGES = [3, 5, 7, 9, 11, 13, 16, 18, 20, 22, 24, 26, 29, 35, 42, 50, 59, 71, 85, 102, 122]
const BANDS = BAND_EDGES.length - 1
const FLUX_FRAMES = 2
/** Bins, up to 3.1 kHz, whose fine structure is compared: above, partials lie too close. */
const FINE_BINS = 96
const FINE_REACH = 4
const STEADY_FRAMES = 4
const POWER_FLOOR = 1e-10
const DECIBELS = 10 / Math.LN10
/** The sum of the squared Hann window, times the size of the transform. */
const POWER_SCALE = 1 / (FFT_SIZE * 192)

/** Periodic Hann. */
const WINDOW = Float32Array.from({ length: FFT_SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FFT_SIZE))

/**
 * What tells speech from music, tones and noise, every 10 ms, from 16 kHz mono samples: how loud, bright, changing
 * and tonal the last 32 ms are. The properties hold the newest frame's values while `push` calls back.
 * Any chunking gives the same bits; memory is fixed.
 */
export class FrameCues {
  /** Decibels of full scale, of the frame's 160 samples, pre-emphasised. */
  level = 0
  /** Decibels of the power between 94 and 3,813 Hz. */
  loudness = 0
  /** The spectrum's centre of gravity, in bins of 31.25 Hz. */
  centroid = 0
  /** Mean change of the bands over 20 ms, in decibels. */
  flux = 0
  /** How far bins stand out of their surroundings, in decibels: partials do, noise does less. */
  roughness = 0
  /** Correlation of that fine structure with the one 40 ms before: 1 where partials stay in place. */
  steadiness = 0

  readonly #kernel: Kernel
  readonly #spectrum: PowerSpectrum
  readonly #window: number
  /** The last samples, the oldest first. */
  readonly #samples = new Float32Array(FFT_SIZE)
  readonly #power: Float32Array
  /** Of the bins, in decibels. */
  readonly #decibels: Float32Array
  readonly #bands = new Float64Array(FLUX_FRAMES * BANDS)
  readonly #fine = new Float64Array(STEADY_FRAMES * FINE_BINS)
  readonly #fineEnergy = new Float64Array(STEADY_FRAMES)
  #frames = 0
  #filled = 0
  #skip = 0

  constructor(fft: Fft) {
    this.#kernel = fft.kernel
    this.#spectrum = fft.spectrum(FFT_SIZE)
    this.#window = fft.kernel.keep(WINDOW)
    this.#power = this.#spectrum.power
    this.#decibels = fft.kernel.view(fft.kernel.run.bands.value, BINS)
  }

  /**
   * As new, but the next sample has this number in its audio, whose beginning is not heard. Returns the number of the first
   * frame that comes; from the eighth on they are those of the whole audio.
   */
  reset(at: number): number {
    for (const values of [this.#samples, this.#bands, this.#fine, this.#fineEnergy]) values.fill(0)
    this.#frames = Math.ceil(at / HOP)
    this.#skip = this.#frames * HOP - at
    this.#filled = 0
    return this.#frames
  }

  push(samples: Float32Array, onFrame: (cues: FrameCues) => void): void {
    let taken = Math.min(this.#skip, samples.length)
    this.#skip -= taken
    while (taken < samples.length) {
      const piece = samples.subarray(taken, taken + HOP - this.#filled)
      this.#samples.set(piece, FFT_SIZE - HOP + this.#filled)
      this.#filled += piece.length
      taken += piece.length
      if (this.#filled < HOP) return
      this.#measure()
      onFrame(this)
      this.#samples.copyWithin(0, HOP)
      this.#filled = 0
      this.#frames += 1
    }
  }

  #measure(): void {
    this.#measureLevel()
    this.#spectrum.measureWindowed(this.#samples, 0, this.#window)
    this.#kernel.run.levels(FIRST_BIN, BINS, POWER_SCALE, POWER_FLOOR, DECIBELS)
    this.#measureBalance()
    this.#measureFlux()
    this.#measureFineStructure()
  }

  #measureLevel(): void {
    let energy = 0
    for (let n = FFT_SIZE - HOP; n < FFT_SIZE; n += 1) {
      const emphasised = this.#samples[n]! - 0.97 * this.#samples[n - 1]!
      energy += emphasised * emphasised
    }
    this.level = DECIBELS * Math.log(energy / HOP + 1e-12)
  }

  #measureBalance(): void {
    let total = 0
    let moment = 0
    for (let bin = 0; bin < BINS; bin += 1) {
      const power = this.#power[FIRST_BIN + bin]! * POWER_SCALE
      total += power
      moment += power * (FIRST_BIN + bin)
    }
    this.loudness = DECIBELS * Math.log(total + POWER_FLOOR)
    this.centroid = moment / (total + 1e-12)
  }

  #measureFlux(): void {
    const slot = (this.#frames % FLUX_FRAMES) * BANDS
    let change = 0
    for (let band = 0; band < BANDS; band += 1) {
      let power = 0
      for (let bin = BAND_EDGES[band]!; bin < BAND_EDGES[band + 1]!; bin += 1) power += this.#power[bin]!
      const decibels = DECIBELS * Math.log(power * POWER_SCALE + 10 * POWER_FLOOR)
      change += Math.abs(decibels - this.#bands[slot + band]!)
      this.#bands[slot + band] = decibels
    }
    this.flux = this.#frames < FLUX_FRAMES ? 0 : change / BANDS
  }

  #measureFineStructure(): void {
    const slot = this.#frames % STEADY_FRAMES
    let sum = 0
    let squares = 0
    let product = 0
    let around = this.#sumAroundFirst()
    for (let bin = 0; bin < FINE_BINS; bin += 1) {
      const fine = Math.min(20, Math.max(-10, this.#decibels[bin]! - around / (2 * FINE_REACH + 1)))
      around += this.#decibels[bin + FINE_REACH + 1]! - this.#decibels[Math.max(0, bin - FINE_REACH)]!
      sum += fine
      squares += fine * fine
      product += fine * this.#fine[slot * FINE_BINS + bin]!
      this.#fine[slot * FINE_BINS + bin] = fine
    }
    const mean = sum / FINE_BINS
    this.roughness = Math.sqrt(Math.max(0, squares / FINE_BINS - mean * mean))
    const energy = squares + 1e-3
    this.steadiness = this.#frames < STEADY_FRAMES ? 0 : product / Math.sqrt(energy * this.#fineEnergy[slot]!)
    this.#fineEnergy[slot] = energy
  }

  /** Of the nine bins around the first, which stands for those below it. */
  #sumAroundFirst(): number {
    let sum = 0
    for (let near = -FINE_REACH; near <= FINE_REACH; near += 1) sum += this.#decibels[Math.max(0, near)]!
    return sum
  }
}
