import type { AudioDecoder, AudioSink } from './decoder.ts'
import { PcmSamples } from './pcm-samples.ts'
import type { SampleFormatName } from './sample-format.ts'
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

  constructor(format: SampleFormatName, sampleRate: number, channels: number, sink: AudioSink) {
    this.#expected = { format, sampleRate, channels }
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    if (this.#samples === undefined && this.#wav === undefined && !this.#decide(bytes)) return
    if (this.#wav !== undefined) this.#wav.push(bytes)
    else this.#samples?.push(bytes)
  }

  flush(): void {
    if (this.#wav?.inHeader) this.#sink.warning('truncated_audio', 'the audio ended inside its WAV header')
    if (this.#wav === undefined && this.#samples === undefined && this.#held > 0) this.#beginRaw(this.#held)
    this.#samples?.flush()
  }

  close(): void {}

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
      (header) => this.#beginWavSamples(header),
      (bytes) => this.#samples?.push(bytes),
    )
    this.#wav.push(this.#start.subarray(0, held))
  }

  #beginWavSamples(header: WavHeader): void {
    const said = describe(this.#expected)
    const found = describe(header)
    if (said !== found) {
      this.#sink.warning(
        'header_ignored',
        `the WAV header says ${found}, the parameters ${said}; the header was believed`,
      )
    }
    this.#samples = new PcmSamples(header.format, header.sampleRate, header.channels, this.#sink)
  }
}

function describe({ format, sampleRate, channels }: WavHeader): string {
  return `${format} at ${sampleRate} Hz with ${channels} channels`
}
