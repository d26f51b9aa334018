import type { Limits } from '../protocol/limits.ts'
import { checkOpusChannels } from '../protocol/parameters.ts'
import type { AudioDecoder, AudioSink, EntryPoint } from './decoder.ts'
import { OPUS_RATE } from './native-opus.ts'
import { OpusEntries } from './opus-entries.ts'
import { OpusStream } from './opus-stream.ts'

/** One raw Opus packet a push. */
export class OpusDecoder implements AudioDecoder {
  readonly #open: () => OpusStream
  readonly #entries: OpusEntries
  #bytes: number
  #stream: OpusStream | undefined

  /** @throws EarwitnessError `bad_parameter` for more than two channels */
  constructor(channels: number, limits: Pick<Limits, 'corruptPackets'>, sink: AudioSink, entry: EntryPoint) {
    checkOpusChannels(channels)
    this.#bytes = entry.byte
    this.#entries = new OpusEntries(entry)
    this.#open = () => {
      sink.format(OPUS_RATE, channels)
      return new OpusStream({ channels, preSkip: 0, gain: 1 }, limits, sink, entry)
    }
  }

  push(packet: Uint8Array): void {
    this.#stream ??= this.#open()
    this.#stream.packet(packet)
    this.#bytes += packet.length
    // An empty packet has no byte of its own to be found by.
    if (packet.length === 0) return
    this.#entries.add({ byte: this.#bytes, sample: this.#stream.position, damage: this.#stream.damage })
  }

  flush(): void {}

  entryBefore(sample: number): EntryPoint {
    return this.#entries.before(sample)
  }

  close(): void {
    this.#stream?.close()
  }
}
