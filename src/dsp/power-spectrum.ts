import type { RealFft } from './fft.ts'
import type { Kernel } from './kernel.ts'

/** Power spectra of frames of one size. Its buffers are shared by all who use it: measure, then read. */
export class PowerSpectrum {
  /** The squared magnitudes of bins 0 to size/2 of the frame that was measured last. */
  readonly power: Float32Array
  readonly #fft: RealFft
  readonly #kernel: Kernel
  readonly #samples: Float32Array
  readonly #weighted: Float32Array
  readonly #spectrum: Float32Array

  constructor(fft: RealFft, kernel: Kernel) {
    const { samples, weighted, spectrum, power } = kernel.run
    this.#fft = fft
    this.#kernel = kernel
    this.#samples = kernel.view(samples.value, fft.size)
    this.#weighted = kernel.view(weighted.value, fft.size)
    this.#spectrum = kernel.view(spectrum.value, fft.size)
    this.power = kernel.view(power.value, fft.size / 2 + 1)
  }

  /** Where a frame goes that `measure` is to take: `size` values, weighted already. */
  get input(): Float32Array {
    return this.#fft.input
  }

  measure(): void {
    this.#fft.transform()
    this.#spectrum.set(this.#fft.output)
    this.#kernel.run.measurePower(this.#fft.size)
  }

  /** Measures the samples from `at` on, weighted by a window that the kernel keeps. */
  measureWindowed(samples: Float32Array, at: number, window: number): void {
    const { size } = this.#fft
    this.#samples.set(samples.subarray(at, at + size))
    this.#kernel.run.weigh(window, size)
    this.#fft.input.set(this.#weighted)
    this.measure()
  }
}
