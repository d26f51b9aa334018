import { badModel } from './bad-model.ts'
import { BOUNDS } from './bounds.ts'

/** An array as torch describes it: numbers of a storage, from an offset, with a step for each dimension. */
export class StridedView {
  readonly shape: readonly number[]
  readonly #strides: readonly number[]
  readonly #offset: number

  private constructor(shape: readonly number[], strides: readonly number[], offset: number) {
    this.shape = shape
    this.#strides = strides
    this.#offset = offset
  }

  /** @throws EarwitnessError `bad_model` if any number of the view lies outside of a storage of `storageCount`. */
  static within(storageCount: number, offset: unknown, shape: readonly unknown[], strides: readonly unknown[]) {
    if (!isWhole(offset) || !shape.every(isWhole) || !strides.every(isWhole)) {
      throw badModel('a tensor has a shape, a step or an offset that is no whole number')
    }
    if (shape.length !== strides.length || shape.length > BOUNDS.dimensions) {
      throw badModel(`a tensor has ${shape.length} dimensions and ${strides.length} steps`)
    }
    const view = new StridedView(shape, strides, offset)
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset)
    if (view.count > 0 && last >= storageCount) {
      throw badModel(
        `a tensor of shape [${shape.join(', ')}] reaches value ${last} of a storage that holds ${storageCount}`,
      )
    }
    return view
  }

  /** Values in it. */
  get count(): number {
    return this.shape.reduce((product, size) => product * size, 1)
  }

  /** The values row after row. Of a view that is the whole storage, in order, the storage itself. */
  read(storage: Float32Array): Float32Array {
    if (this.#isContiguous()) {
      const isWholeStorage = this.#offset === 0 && this.count === storage.length
      return isWholeStorage ? storage : storage.slice(this.#offset, this.#offset + this.count)
    }
    const values = new Float32Array(this.count)
    const indices = new Uint32Array(this.shape.length)
    let from = this.#offset
    for (let to = 0; to < values.length; to += 1) {
      values[to] = storage[from]!
      from = this.#next(indices, from)
    }
    return values
  }

  /** Counts `indices` up, the last dimension first. */
  #next(indices: Uint32Array, from: number): number {
    let position = from
    for (let axis = indices.length - 1; axis >= 0; axis -= 1) {
      const size = this.shape[axis]!
      const stride = this.#strides[axis]!
      indices[axis]! += 1
      position += stride
      if (indices[axis]! < size) return position
      indices[axis] = 0
      position -= stride * size
    }
    return position
  }

  #isContiguous(): boolean {
    let expected = 1
    for (let axis = this.shape.length - 1; axis >= 0; axis -= 1) {
      if (this.shape[axis] !== 1 && this.#strides[axis] !== expected) return false
      expected *= this.shape[axis]!
    }
    return true
  }
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
