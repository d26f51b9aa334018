import type { Kernel } from './kernel.ts'
import type { MelFilterbank } from './mel-filters.ts'

/** (factor · ln(max(power, floor)) + offset) / scale; the floor is a normal float32. */
export interface LogScale {
  readonly floor: number
  readonly factor: number
  readonly offset: number
  readonly scale: number
}

/** The smallest normal float32. */
const LEAST = 1.18e-38

/** What a filterbank lets through of the power that was measured last, as logarithms. */
export class LogBands {
  readonly #kernel: Kernel
  readonly #bins: number
  readonly #pointers: readonly [first: number, offsets: number, weights: number]
  readonly #values: Float32Array
  readonly #scale: LogScale

  constructor(kernel: Kernel, { bins, first, offsets, weights }: MelFilterbank, scale: LogScale) {
    this.#kernel = kernel
    this.#bins = bins
    this.#pointers = [kernel.keep(first), kernel.keep(offsets), kernel.keep(weights)]
    this.#values = kernel.view(kernel.run.bands.value, bins)
    this.#scale = { ...scale, floor: Math.max(scale.floor, LEAST) }
  }

  /** One value a filter. They last until the next frame, of whomever. */
  measure(): Float32Array {
    const { floor, factor, offset, scale } = this.#scale
    const [first, offsets, weights] = this.#pointers
    this.#kernel.run.applyFilters(this.#bins, first, offsets, weights)
    this.#kernel.run.logarithms(this.#bins, floor, factor, offset, scale)
    return this.#values
  }
}
