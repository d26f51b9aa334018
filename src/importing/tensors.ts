/** One array of a checkpoint, whatever it was stored as, in float32 and row-major order. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** The arrays of a checkpoint by their names in it. */
export type Tensors = ReadonlyMap<string, Tensor>
