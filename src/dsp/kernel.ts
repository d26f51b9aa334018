import { KERNEL_CODE } from './kernel-code.ts'

/** What `kernel/spectrum.ts` exports. Pointers are byte offsets into its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory
  readonly samples: WebAssembly.Global<'i32'>
  readonly weighted: WebAssembly.Global<'i32'>
  readonly spectrum: WebAssembly.Global<'i32'>
  readonly power: WebAssembly.Global<'i32'>
  readonly bands: WebAssembly.Global<'i32'>
  allocate(bytes: number): number
  weigh(weights: number, size: number): void
  measurePower(size: number): void
  applyFilters(filters: number, first: number, offsets: number, weights: number): void
  logarithms(count: number, floor: number, factor: number, offset: number, scale: number): void
  levels(first: number, count: number, scale: number, floor: number, factor: number): void
}

/**
 * The inner loops of the front ends: WebAssembly with SIMD, float32. Loaded once, then synchronous; its buffers are shared by all who use it.
 * What is kept stays for good: a memory of 1 MiB that never grows.
 */
export class Kernel {
  readonly run: Exports
  readonly #kept = new WeakMap<object, number>()

  constructor(module: WebAssembly.Module) {
    this.run = new WebAssembly.Instance(module).exports as unknown as Exports
  }

  /** The numbers at a pointer. */
  view(pointer: number, count: number): Float32Array {
    return new Float32Array(this.run.memory.buffer, pointer, count)
  }

  /** A pointer to a copy of these values: always the same one for the same array. */
  keep(values: Float32Array | Int32Array): number {
    const kept = this.#kept.get(values)
    if (kept !== undefined) return kept
    const pointer = this.run.allocate(values.byteLength)
    const Numbers = values instanceof Int32Array ? Int32Array : Float32Array
    new Numbers(this.run.memory.buffer, pointer, values.length).set(values)
    this.#kept.set(values, pointer)
    return pointer
  }
}

const bytes = Uint8Array.from(atob(KERNEL_CODE), (character) => character.charCodeAt(0))

export async function loadKernel(): Promise<Kernel> {
  return new Kernel(await WebAssembly.compile(bytes))
}
