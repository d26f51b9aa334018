/**
 * Cuts bytes into whole sample frames, so that whatever is dropped later, no sample is ever cut in two.
 * Holds less than one frame.
 */
export class FrameAligner {
  readonly #frameBytes: number
  #rest = new Uint8Array(0)

  /** @param frameBytes bytes of one sample of all channels; 1 lets everything through as it is. */
  constructor(frameBytes: number) {
    this.#frameBytes = frameBytes
  }

  /** What has become whole, as bytes of its own (never a view of the input). */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const length = this.#rest.length + bytes.length
    const all = new Uint8Array(length)
    all.set(this.#rest)
    all.set(bytes, this.#rest.length)
    const whole = length - (length % this.#frameBytes)
    this.#rest = all.slice(whole)
    return all.subarray(0, whole)
  }
}
