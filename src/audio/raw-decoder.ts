import { type AudioDecoder, type AudioSink, BEGINNING, type EntryPoint, type WavEntry } from './decoder.ts'
import { PcmSamples } from './pcm-samples.ts'
import { SAMPLE_FORMATS } from './sample-format.ts'
import { beginsWav, WavChunks } from './wav-chunks.ts'
import type { WavHeader } from './wav-header.ts'

const MAGIC_BYTES = 12

/** Interleaved samples, with or without a WAV header before them; the header is believed where they differ. */
export class RawDecoder implements AudioDecoder {
  readonly #expected: WavHeader
  readonly #sink: AudioSink
  readonly #start = new Uint8Array(MAGIC_BYTES)
  #held = 0
  #samples: PcmSamples | undefined
  #wav: WavChunks | undefined
  /** What the samples really are, and where their audio begins and ends in bytes. */
  #found: WavEntry
  #audioStart = 0
  /** Bytes of audio before the end, where this decoder began behind a WAV header. */
  #left = Number.POSITIVE_INFINITY

  constructor(expected: WavHeader, sink: AudioSink, entry: EntryPoint = BEGINNING) {
    this.#expected = expected
    this.#found = { ...expected, end: null }
    this.#sink = sink
    if (entry.sample > 0) this.#enter(entry)
  }

  push(bytes: Uint8Array): void {
    if (this.#left < Number.POSITIVE_INFINITY) this.#pushBeforeEnd(bytes)
    else this.#pushAny(bytes)
  }

  #pushAny(bytes: Uint8Array): void {
    if (this.#samples === undefined && this.#wav === undefined && !this.#decide(bytes)) return
    if (this.#wav !== undefined) this.#wav.push(bytes)
    else this.#samples?.push(bytes)
  }

  flush(): void {
    if (this.#wav?.inHeader) this.#sink.warning('truncated_audio', 'the audio ended inside its WAV header')
    if (this.#wav === undefined && this.#samples === undefined && this.#held > 0) this.#beginRaw(this.#held)
    this.#samples?.flush()
  }

  entryBefore(sample: number): EntryPoint {
    if (sample === 0 || this.#samples === undefined) return BEGINNING
    const { format, channels } = this.#found
    const byte = this.#audioStart + sample * SAMPLE_FORMATS[format].bytes * channels
    return { byte, sample, ...(this.#audioStart > 0 && { wav: this.#found }) }
  }

  close(): void {}

  /** Begins in the middle of the samples. */
  #enter({ byte, sample, wav = this.#found }: EntryPoint): void {
    const { format, sampleRate, channels, end } = wav
    this.#found = wav
    this.#audioStart = byte - sample * SAMPLE_FORMATS[format].bytes * channels
    if (end !== null) this.#left = end - byte
    this.#samples = new PcmSamples(format, sampleRate, channels, this.#sink)
  }

  /** What follows the audio of a WAV is none. */
  #pushBeforeEnd(bytes: Uint8Array): void {
    const audio = bytes.subarray(0, Math.max(0, this.#left))
    this.#left -= audio.length
    if (audio.length > 0) this.#samples?.push(audio)
  }

  /** True once it is known what the bytes are; those held from earlier pushes are then handed on. */
  #decide(bytes: Uint8Array): boolean {
    const held = this.#held
    this.#start.set(bytes.subarray(0, MAGIC_BYTES - held), held)
    this.#held = Math.min(held + bytes.length, MAGIC_BYTES)
    const wav = beginsWav(this.#start.subarray(0, this.#held))
    if (wav === undefined) return false
    if (wav) this.#beginWav(held)
    else this.#beginRaw(held)
    return true
  }

  #beginRaw(held: number): void {
    const { format, sampleRate, channels } = this.#expected
    this.#samples = new PcmSamples(format, sampleRate, channels, this.#sink)
    if (held > 0) this.#samples.push(this.#start.subarray(0, held))
  }

  #beginWav(held: number): void {
    this.#wav = new WavChunks(
      (header, headerBytes, audioBytes) => this.#beginWavSamples(header, headerBytes, audioBytes),
      (bytes) => this.#samples?.push(bytes),
    )
    this.#wav.push(this.#start.subarray(0, held))
  }

  #beginWavSamples(header: WavHeader, headerBytes: number, audioBytes: number): void {
    const said = describe(this.#expected)
    const found = describe(header)
    if (said !== found) {
      this.#sink.warning(
        'header_ignored',
        `the WAV header says ${found}, the parameters ${said}; the header was believed`,
      )
    }
    this.#audioStart = headerBytes
    this.#found = { ...header, end: Number.isFinite(audioBytes) ? headerBytes + audioBytes : null }
    this.#samples = new PcmSamples(header.format, header.sampleRate, header.channels, this.#sink)
  }
}

function describe({ format, sampleRate, channels }: WavHeader): string {
  return `${format} at ${sampleRate} Hz with ${channels} channels`
}
