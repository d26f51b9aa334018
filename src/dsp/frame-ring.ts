/** The last frames of a stream, oldest first, under absolute frame numbers. Memory is fixed. */
export class FrameRing {
  readonly #capacity: number
  readonly #bins: number
  readonly #values: Float32Array
  #count = 0

  constructor(capacity: number, bins: number) {
    this.#capacity = capacity
    this.#bins = bins
    this.#values = new Float32Array(capacity * bins)
  }

  /** Frames pushed since the start, those forgotten included. */
  get count(): number {
    return this.#count
  }

  /** Copies the frame. */
  push(frame: Float32Array): void {
    this.#values.set(frame, (this.#count % this.#capacity) * this.#bins)
    this.#count += 1
  }

  /**
   * Copies what is held to `target` from `offset` on, and zeros up to the full window after it.
   * Returns the number of frames copied.
   */
  copyLast(target: Float32Array, offset: number): number {
    const held = Math.min(this.#count, this.#capacity)
    const oldest = this.#count > this.#capacity ? (this.#count % this.#capacity) * this.#bins : 0
    const values = held * this.#bins
    const untilEnd = Math.min(values, this.#values.length - oldest)
    target.set(this.#values.subarray(oldest, oldest + untilEnd), offset)
    target.set(this.#values.subarray(0, values - untilEnd), offset + untilEnd)
    target.fill(0, offset + values, offset + this.#values.length)
    return held
  }

  reset(): void {
    this.#count = 0
  }
}
