import type { AudioDecoder, AudioSink } from './decoder.ts'

/** How one sample of an encoding is read. */
export interface SampleFormat {
  readonly bytes: number
  readonly read: (view: DataView, at: number) => number
}

/** Frames decoded in one go; the planes are reused from go to go. */
const BLOCK_FRAMES = 4096

/** Interleaved samples of a fixed size, cut anywhere. Keeps at most one frame's bytes. */
export class PcmDecoder implements AudioDecoder {
  readonly #format: SampleFormat
  readonly #sink: AudioSink
  readonly #frameBytes: number
  readonly #planes: Float32Array[]
  readonly #partial: Uint8Array
  #held = 0

  constructor(format: SampleFormat, channels: number, sink: AudioSink) {
    this.#format = format
    this.#sink = sink
    this.#frameBytes = format.bytes * channels
    this.#planes = Array.from({ length: channels }, () => new Float32Array(BLOCK_FRAMES))
    this.#partial = new Uint8Array(this.#frameBytes)
  }

  push(bytes: Uint8Array): void {
    const rest = this.#completePartial(bytes)
    const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength)
    const frames = Math.floor(rest.length / this.#frameBytes)
    let strange = 0
    for (let from = 0; from < frames; from += BLOCK_FRAMES) {
      strange += this.#decode(view, from * this.#frameBytes, Math.min(BLOCK_FRAMES, frames - from))
    }
    this.#hold(rest.subarray(frames * this.#frameBytes))
    this.#warnOfStrange(strange)
  }

  flush(): void {
    if (this.#held > 0)
      this.#sink.warning('truncated_audio', `the audio ended ${this.#held} bytes into a sample of ${this.#frameBytes}`)
    this.#held = 0
  }

  close(): void {}

  #completePartial(bytes: Uint8Array): Uint8Array {
    if (this.#held === 0) return bytes
    const missing = Math.min(this.#frameBytes - this.#held, bytes.length)
    this.#hold(bytes.subarray(0, missing))
    if (this.#held === this.#frameBytes) {
      this.#held = 0
      this.#warnOfStrange(this.#decode(new DataView(this.#partial.buffer), 0, 1))
    }
    return bytes.subarray(missing)
  }

  #hold(bytes: Uint8Array): void {
    this.#partial.set(bytes, this.#held)
    this.#held += bytes.length
  }

  /** Returns how many samples were no finite numbers; silence stands for them. */
  #decode(view: DataView, at: number, frames: number): number {
    const { bytes, read } = this.#format
    let strange = 0
    for (const [channel, plane] of this.#planes.entries()) {
      for (let frame = 0; frame < frames; frame += 1) {
        const value = read(view, at + frame * this.#frameBytes + channel * bytes)
        const finite = Number.isFinite(value)
        plane[frame] = finite ? value : 0
        if (!finite) strange += 1
      }
    }
    this.#sink.samples(this.#planes.map((plane) => plane.subarray(0, frames)))
    return strange
  }

  #warnOfStrange(count: number): void {
    if (count > 0) this.#sink.warning('not_finite', `${count} samples were NaN or infinite; silence took their place`)
  }
}
