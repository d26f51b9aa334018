import type { AudioSink } from './decoder.ts'
import { SAMPLE_FORMATS, type SampleFormat, type SampleFormatName } from './sample-format.ts'

const BLOCK_FRAMES = 4_096

/** Interleaved samples, cut anyhow, into planes. Holds less than one sample of every channel, and one block. */
export class PcmSamples {
  readonly #format: SampleFormat
  readonly #sink: AudioSink
  readonly #planes: readonly Float32Array[]
  readonly #partial: Uint8Array
  #partialBytes = 0
  #notFinite = 0

  constructor(format: SampleFormatName, sampleRate: number, channels: number, sink: AudioSink) {
    this.#format = SAMPLE_FORMATS[format]
    this.#sink = sink
    this.#planes = Array.from({ length: channels }, () => new Float32Array(BLOCK_FRAMES))
    this.#partial = new Uint8Array(this.#format.bytes * channels)
    sink.format(sampleRate, channels)
  }

  push(bytes: Uint8Array): void {
    const frameBytes = this.#partial.length
    let at = this.#completePartial(bytes)
    const whole = Math.floor((bytes.length - at) / frameBytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let done = 0; done < whole; done += BLOCK_FRAMES) {
      const frames = Math.min(BLOCK_FRAMES, whole - done)
      this.#emit(view, at, frames)
      at += frames * frameBytes
    }
    this.#keepPartial(bytes.subarray(at))
    this.#warnOfNotFinite()
  }

  flush(): void {
    if (this.#partialBytes === 0) return
    this.#sink.warning(
      'truncated_audio',
      `the audio ended ${this.#partialBytes} bytes into a frame of ${this.#partial.length}; they were dropped`,
    )
    this.#partialBytes = 0
  }

  /** Fills up what is half-read, and gives how many of `bytes` that took. */
  #completePartial(bytes: Uint8Array): number {
    if (this.#partialBytes === 0) return 0
    const taken = Math.min(this.#partial.length - this.#partialBytes, bytes.length)
    this.#keepPartial(bytes.subarray(0, taken))
    if (this.#partialBytes < this.#partial.length) return taken
    this.#emit(new DataView(this.#partial.buffer), 0, 1)
    this.#partialBytes = 0
    return taken
  }

  #keepPartial(bytes: Uint8Array): void {
    this.#partial.set(bytes, this.#partialBytes)
    this.#partialBytes += bytes.length
  }

  #emit(view: DataView, start: number, frames: number): void {
    for (const [channel, plane] of this.#planes.entries()) {
      this.#read(view, start + channel * this.#format.bytes, plane, frames)
    }
    this.#sink.samples(this.#planes.map((plane) => plane.subarray(0, frames)))
  }

  #read(view: DataView, start: number, plane: Float32Array, frames: number): void {
    const { read, readRun, bytes } = this.#format
    const step = this.#partial.length
    if (step === bytes && readRun !== undefined) {
      readRun(view, start, plane.subarray(0, frames))
      return
    }
    for (let frame = 0, at = start; frame < frames; frame += 1, at += step) {
      const sample = read(view, at)
      const finite = Number.isFinite(sample)
      if (!finite) this.#notFinite += 1
      plane[frame] = finite ? sample : 0
    }
  }

  #warnOfNotFinite(): void {
    if (this.#notFinite === 0) return
    this.#sink.warning('not_finite', `${this.#notFinite} samples were NaN or infinite; silence took their place`)
    this.#notFinite = 0
  }
}
