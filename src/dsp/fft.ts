/// <reference path="./pffft-wasm.d.ts" />

import createPffft, { type Pffft } from '@echogarden/pffft-wasm/simd'
import { type Kernel, loadKernel } from './kernel.ts'
import { PowerSpectrum } from './power-spectrum.ts'

const REAL = 0
const FORWARD = 0

/** A forward transform of real input of one size. Its buffers are shared by all who use it: write, transform, read. */
export interface RealFft {
  readonly size: number
  /** `size` values. */
  readonly input: Float32Array
  /** `size` values: re₀, re at Nyquist, then re and im of bins 1 to size/2 − 1. */
  readonly output: Float32Array
  transform(): void
}

/** pffft and our own kernel, both WebAssembly with SIMD, float32. Loaded once, then synchronous. */
export class Fft {
  readonly kernel: Kernel
  readonly #pffft: Pffft
  readonly #plans = new Map<number, RealFft>()
  readonly #spectra = new Map<number, PowerSpectrum>()

  constructor(pffft: Pffft, kernel: Kernel) {
    this.#pffft = pffft
    this.kernel = kernel
  }

  /** The one plan of this size; a multiple of 32. */
  real(size: number): RealFft {
    let plan = this.#plans.get(size)
    if (plan === undefined) {
      plan = new PffftPlan(this.#pffft, size)
      this.#plans.set(size, plan)
    }
    return plan
  }

  /** The power spectra of this size. */
  spectrum(size: number): PowerSpectrum {
    let spectrum = this.#spectra.get(size)
    if (spectrum === undefined) {
      spectrum = new PowerSpectrum(this.real(size), this.kernel)
      this.#spectra.set(size, spectrum)
    }
    return spectrum
  }
}

/** @param wasmUrl where a page finds pffft.wasm; Node finds it in the package */
export async function loadFft(wasmUrl?: string): Promise<Fft> {
  const pffft = createPffft(wasmUrl === undefined ? {} : { locateFile: () => wasmUrl })
  return new Fft(await pffft, await loadKernel())
}

class PffftPlan implements RealFft {
  readonly size: number
  readonly #pffft: Pffft
  readonly #setup: number
  readonly #inputAt: number
  readonly #outputAt: number
  readonly #workAt: number
  #heap: Float32Array
  #input: Float32Array
  #output: Float32Array

  constructor(pffft: Pffft, size: number) {
    this.size = size
    this.#pffft = pffft
    this.#setup = pffft._pffft_new_setup(size, REAL)
    const bytes = size * Float32Array.BYTES_PER_ELEMENT
    this.#inputAt = pffft._pffft_aligned_malloc(bytes)
    this.#outputAt = pffft._pffft_aligned_malloc(bytes)
    this.#workAt = pffft._pffft_aligned_malloc(bytes)
    this.#heap = pffft.HEAPF32
    this.#input = this.#view(this.#inputAt)
    this.#output = this.#view(this.#outputAt)
  }

  get input(): Float32Array {
    this.#followHeap()
    return this.#input
  }

  get output(): Float32Array {
    this.#followHeap()
    return this.#output
  }

  transform(): void {
    this.#pffft._pffft_transform_ordered(this.#setup, this.#inputAt, this.#outputAt, this.#workAt, FORWARD)
  }

  /** The heap moves when a later plan makes it grow. */
  #followHeap(): void {
    if (this.#heap === this.#pffft.HEAPF32) return
    this.#heap = this.#pffft.HEAPF32
    this.#input = this.#view(this.#inputAt)
    this.#output = this.#view(this.#outputAt)
  }

  #view(at: number): Float32Array {
    return this.#heap.subarray(at / 4, at / 4 + this.size)
  }
}
