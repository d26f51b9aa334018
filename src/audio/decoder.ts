import type { WarningCode } from '../protocol/warnings.ts'

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

/** The bytes of one stream, cut anyhow, into samples at the input's own rate. Owned and closed by one stream. */
export interface AudioDecoder {
  /** One message of the client. The bytes are not kept after the call. @throws EarwitnessError `bad_audio`, `unsupported_audio`. */
  push(bytes: Uint8Array): void
  /** The end of the audio: what is left half-read is dropped with a warning. */
  flush(): void
  /** Frees what the garbage collector does not. */
  close(): void
}
