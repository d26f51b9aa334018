/** Bytes that wait to be parsed. Its memory is at most four times the most that ever waited at once. */
export class ByteQueue {
  #bytes = new Uint8Array(1_024)
  #start = 0
  #end = 0
  #dropped = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** Bytes dropped so far: the position in the stream of the first byte that waits. */
  get position(): number {
    return this.#dropped
  }

  /** What waits. Valid until the next `append`. */
  get waiting(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** @param count at most `length` */
  drop(count: number): void {
    this.#start += count
    this.#dropped += count
  }

  #makeRoom(more: number): void {
    const needed = this.length + more
    const roomy = needed * 2 <= this.#bytes.length ? this.#bytes : new Uint8Array(needed * 2)
    roomy.set(this.waiting)
    this.#end = this.length
    this.#start = 0
    this.#bytes = roomy
  }
}
