import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { AudioDecoder, AudioSink } from './decoder.ts'
import { OpusStream } from './opus-stream.ts'

/** One raw Opus packet a push. */
export class OpusDecoder implements AudioDecoder {
  readonly #open: () => OpusStream
  #stream: OpusStream | undefined

  /** @throws EarwitnessError `bad_parameter` for more than two channels */
  constructor(channels: number, limits: Pick<Limits, 'corruptPackets'>, sink: AudioSink) {
    if (channels > 2) {
      throw new EarwitnessError('bad_parameter', `channels: opus packets hold 1 or 2 channels, got ${channels}`)
    }
    this.#open = () => new OpusStream({ channels, preSkip: 0, gain: 1 }, limits, sink)
  }

  push(packet: Uint8Array): void {
    this.#stream ??= this.#open()
    this.#stream.packet(packet)
  }

  flush(): void {}

  close(): void {
    this.#stream?.close()
  }
}
