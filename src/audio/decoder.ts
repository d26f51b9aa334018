import type { WarningCode } from '../protocol/warnings.ts'
import type { WavHeader } from './wav-header.ts'

/** Where a decoder puts what it found. All calls happen inside the decoder's `push` and `flush`. */
export interface AudioSink {
  /** Called once, before the first samples. Hertz and channels of what follows. */
  format(sampleRate: number, channels: number): void
  /** One plane of equal length a channel, full scale ±1. Valid during the call only: copy to keep. */
  samples(planes: readonly Float32Array[]): void
  /** This many samples a channel could not be decoded; they count in time, and are not audio. */
  gap(samples: number): void
  warning(code: WarningCode, message: string): void
}

/** Where decoding may begin in the middle of a stream. Plain data: it can be written down and read again. */
export interface EntryPoint {
  /** Bytes of the stream before it, and samples a channel. */
  readonly byte: number
  readonly sample: number
  /** What the header before it said. */
  readonly wav?: WavEntry
  /** What had been damaged before it. */
  readonly damage?: OpusDamage
}

export interface WavEntry extends WavHeader {
  /** The byte behind the last one of audio; null where the header does not tell. */
  readonly end: number | null
}

export interface OpusDamage {
  readonly corrupt: number
  readonly corruptInRow: number
  readonly lastSamples: number
}

export const BEGINNING: EntryPoint = { byte: 0, sample: 0 }

/** The bytes of one stream, cut anyhow, into samples at the input's own rate. Owned and closed by one stream. */
export interface AudioDecoder {
  /** One message of the client. The bytes are not kept after the call. @throws EarwitnessError `bad_audio`, `unsupported_audio`. */
  push(bytes: Uint8Array): void
  /** The end of the audio: what is left half-read is dropped with a warning. */
  flush(): void
  /**
   * The last place before this sample from which decoding gives the same samples from it on; of Opus to the precision that
   * `opus-entries.ts` says. The beginning for containers.
   */
  entryBefore(sample: number): EntryPoint
  /** Frees what the garbage collector does not. */
  close(): void
}
