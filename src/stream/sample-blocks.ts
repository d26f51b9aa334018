import type { AudioSink } from '../audio/decoder.ts'
import type { WarningCode } from '../protocol/warnings.ts'

/** Seconds of audio in one piece: short, so that at most one window comes due in it. */
const PIECE_SECONDS = 0.1

/** Samples of every channel, or the silence that stands for lost ones. */
export interface SampleBlock {
  readonly planes: readonly Float32Array[]
  readonly isGap: boolean
}

interface Format {
  readonly sampleRate: number
  readonly channels: number
}

/** Keeps what a decoder made of one message until the stream takes it, piece by piece. */
export class SampleBlocks implements AudioSink {
  readonly #downmix: boolean
  readonly #onFormat: (format: Format) => void
  readonly #onWarning: (code: WarningCode, message: string) => void
  readonly #toldUntil: number
  #format: Format = { sampleRate: 16_000, channels: 1 }
  #waiting: SampleBlock[] = []
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
    this.#onFormat(this.#format)
  }

  samples(planes: readonly Float32Array[]): void {
    const kept = this.#downmix ? [meanOf(planes)] : planes.map((plane) => plane.slice())
    this.#decoded += kept[0]?.length ?? 0
    this.#waiting.push({ planes: kept, isGap: false })
  }

  gap(samples: number): void {
    this.#decoded += samples
    const silence = new Float32Array(samples)
    this.#waiting.push({ planes: Array.from({ length: this.#format.channels }, () => silence), isGap: true })
  }

  warning(code: WarningCode, message: string): void {
    if (this.#decoded >= this.#toldUntil) this.#onWarning(code, message)
  }

  /** Everything that waits, in pieces of at most 100 ms. */
  *take(): Generator<SampleBlock> {
    const waiting = this.#waiting
    this.#waiting = []
    const most = Math.floor(this.#format.sampleRate * PIECE_SECONDS)
    for (const block of waiting) yield* piecesOf(block, most)
  }
}

function* piecesOf(block: SampleBlock, most: number): Generator<SampleBlock> {
  const { planes, isGap } = block
  const length = planes[0]?.length ?? 0
  if (length > 0 && length <= most) yield block
  else {
    for (let from = 0; from < length; from += most) {
      yield { planes: planes.map((plane) => plane.subarray(from, from + most)), isGap }
    }
  }
}

function meanOf(planes: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(planes[0]?.length ?? 0)
  for (const plane of planes) {
    for (let at = 0; at < mean.length; at += 1) mean[at]! += plane[at]! / planes.length
  }
  return mean
}
