import { SAMPLE_BYTES, type StreamParameters } from '../protocol/parameters.ts'

/** The most that the format of Opus allows. */
const OPUS_BYTES_PER_SECOND = 510_000 / 8

/** Bytes a second of audio in real time, or the most of them where its encoding has no fixed rate. */
export function bytesPerSecond({ encoding, sampleRate, channels }: StreamParameters): number {
  const sampleBytes = SAMPLE_BYTES[encoding]
  return sampleBytes === undefined ? OPUS_BYTES_PER_SECOND : sampleBytes * sampleRate * channels
}
