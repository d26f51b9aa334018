/** The last frames of a stream under absolute frame numbers. Memory is fixed. */
export class FrameRing {
  readonly #capacity: number
  readonly #bins: number
  readonly #values: Float32Array
  #start = 0
  #count = 0

  constructor(capacity: number, bins: number) {
    this.#capacity = capacity
    this.#bins = bins
    this.#values = new Float32Array(capacity * bins)
  }

  /** Frames since the beginning, those forgotten included. */
  get count(): number {
    return this.#count
  }

  /** The number of the oldest frame held; equal to `count` where none is. */
  get oldest(): number {
    return Math.max(this.#start, this.#count - this.#capacity)
  }

  /** Copies the frame. */
  push(frame: Float32Array): void {
    this.#values.set(frame, (this.#count % this.#capacity) * this.#bins)
    this.#count += 1
  }

  /**
   * Copies the frames from `first` up to `end` (not included) to `target` from `offset` on.
   * @throws RangeError where one of them is not held
   */
  copy(first: number, end: number, target: Float32Array, offset: number): void {
    if (first < this.oldest || end > this.#count || first > end) {
      throw new RangeError(`frames ${first} to ${end} were asked for; ${this.oldest} to ${this.#count} are held`)
    }
    let at = offset
    for (let frame = first; frame < end; ) {
      const slot = frame % this.#capacity
      const frames = Math.min(end - frame, this.#capacity - slot)
      target.set(this.#values.subarray(slot * this.#bins, (slot + frames) * this.#bins), at)
      at += frames * this.#bins
      frame += frames
    }
  }

  /** Forgets everything; the next frame pushed gets this number. */
  restart(number: number): void {
    this.#start = number
    this.#count = number
  }
}
