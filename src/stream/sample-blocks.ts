import type { AudioSink } from '../audio/decoder.ts'
import type { WarningCode } from '../protocol/warnings.ts'

/** Seconds of audio in one piece: short, so that at most one window comes due in it. */
const PIECE_SECONDS = 0.1
/** Room that is kept from one message to the next: more is given back, since a message may hold many seconds. */
const KEPT_SECONDS = 1

/** Samples of every channel, or the silence that stands for lost ones. Valid until the next one is taken. */
export interface SampleBlock {
  readonly planes: readonly Float32Array[]
  readonly isGap: boolean
}

interface Format {
  readonly sampleRate: number
  readonly channels: number
}

/** A stretch that waits, in samples a channel: of what is held, or of a gap, which takes no room. */
interface Waiting {
  readonly from: number
  readonly end: number
  readonly isGap: boolean
}

/** Keeps what a decoder made of one message until the stream takes it, piece by piece. */
export class SampleBlocks implements AudioSink {
  readonly #downmix: boolean
  readonly #onFormat: (format: Format) => void
  readonly #onWarning: (code: WarningCode, message: string) => void
  readonly #toldUntil: number
  #format: Format = { sampleRate: 16_000, channels: 1 }
  #waiting: Waiting[] = []
  /** One array a channel, used again for every message: the garbage of one a packet would cost more than the frames. */
  #held: Float32Array[] = []
  #heldSamples = 0
  /** A piece of it, for whatever channel. */
  #silence = new Float32Array(0)
  #decoded: number

  constructor(
    downmix: boolean,
    onFormat: (format: Format) => void,
    onWarning: (code: WarningCode, message: string) => void,
    /** In samples, of a stream that goes on: where it begins, and up to where every warning has been told. */
    { from, until }: { readonly from: number; readonly until: number } = { from: 0, until: 0 },
  ) {
    this.#decoded = from
    this.#toldUntil = until
    this.#downmix = downmix
    this.#onFormat = onFormat
    this.#onWarning = onWarning
  }

  /** Samples a channel that came, gaps included. */
  get decoded(): number {
    return this.#decoded
  }

  /** Seconds of audio that came, gaps included. */
  get seconds(): number {
    return this.#decoded / this.#format.sampleRate
  }

  format(sampleRate: number, channels: number): void {
    this.#format = { sampleRate, channels: this.#downmix ? 1 : channels }
    this.#held = Array.from({ length: this.#format.channels }, () => new Float32Array(0))
    this.#silence = new Float32Array(Math.floor(sampleRate * PIECE_SECONDS))
    this.#onFormat(this.#format)
  }

  samples(planes: readonly Float32Array[]): void {
    const from = this.#hold(planes[0]?.length ?? 0)
    if (this.#downmix) writeMean(planes, this.#held[0]!, from)
    else for (const [channel, held] of this.#held.entries()) held.set(planes[channel]!, from)
  }

  gap(samples: number): void {
    this.#decoded += samples
    this.#waiting.push({ from: 0, end: samples, isGap: true })
  }

  warning(code: WarningCode, message: string): void {
    if (this.#decoded >= this.#toldUntil) this.#onWarning(code, message)
  }

  /** Everything that waits, in pieces of at most 100 ms. */
  *take(): Generator<SampleBlock> {
    const waiting = this.#waiting
    this.#waiting = []
    const most = this.#silence.length
    for (const { from, end, isGap } of waiting) {
      for (let at = from; at < end; at += most) {
        const to = Math.min(end, at + most)
        const planes = this.#held.map((held) => (isGap ? this.#silence.subarray(0, to - at) : held.subarray(at, to)))
        yield { planes, isGap }
      }
    }
    if (this.#waiting.length === 0) this.#clear()
  }

  /** Makes room for so many samples more, which are now waiting, and gives where. */
  #hold(samples: number): number {
    const from = this.#heldSamples
    const end = from + samples
    if (end > this.#room) this.#held = this.#held.map((held) => grown(held, end))
    this.#heldSamples = end
    this.#decoded += samples
    this.#waiting.push({ from, end, isGap: false })
    return from
  }

  #clear(): void {
    this.#heldSamples = 0
    if (this.#room > KEPT_SECONDS * this.#format.sampleRate) this.#held = this.#held.map(() => new Float32Array(0))
  }

  get #room(): number {
    return this.#held[0]?.length ?? 0
  }
}

function grown(held: Float32Array, samples: number): Float32Array {
  const larger = new Float32Array(Math.max(samples, 2 * held.length))
  larger.set(held)
  return larger
}

function writeMean(planes: readonly Float32Array[], target: Float32Array, from: number): void {
  const length = planes[0]?.length ?? 0
  target.fill(0, from, from + length)
  for (const plane of planes) {
    for (let at = 0; at < length; at += 1) target[from + at]! += plane[at]! / planes.length
  }
}
