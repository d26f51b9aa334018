import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { StreamParameters } from '../protocol/parameters.ts'
import type { AudioDecoder, AudioSink } from './decoder.ts'
import { OggOpusDecoder } from './ogg-opus-decoder.ts'
import { OpusDecoder } from './opus-decoder.ts'
import { RawDecoder } from './raw-decoder.ts'
import { WebmOpusDecoder } from './webm-opus-decoder.ts'

/**
 * A decoder for one stream; its owner closes it.
 * @throws EarwitnessError `bad_parameter` for parameters that the encoding cannot have
 */
export function createDecoder(
  parameters: Pick<StreamParameters, 'encoding' | 'sampleRate' | 'channels'>,
  limits: Pick<Limits, 'corruptPackets'>,
  sink: AudioSink,
): AudioDecoder {
  return new OnceFinished(decoderFor(parameters, limits, sink))
}

function decoderFor(
  { encoding, sampleRate, channels }: Pick<StreamParameters, 'encoding' | 'sampleRate' | 'channels'>,
  limits: Pick<Limits, 'corruptPackets'>,
  sink: AudioSink,
): AudioDecoder {
  switch (encoding) {
    case 'opus':
      return new OpusDecoder(channels, limits, sink)
    case 'ogg-opus':
      return new OggOpusDecoder(limits, sink)
    case 'webm-opus':
      return new WebmOpusDecoder(limits, sink)
    default:
      return new RawDecoder(encoding, sampleRate, channels, sink)
  }
}

/** Keeps a decoder from being used after its end. */
class OnceFinished implements AudioDecoder {
  readonly #decoder: AudioDecoder
  #finished = false

  constructor(decoder: AudioDecoder) {
    this.#decoder = decoder
  }

  push(bytes: Uint8Array): void {
    if (this.#finished) throw new EarwitnessError('stage_finished', 'audio was pushed into a decoder after its end')
    this.#decoder.push(bytes)
  }

  flush(): void {
    if (this.#finished) return
    this.#finished = true
    this.#decoder.flush()
  }

  close(): void {
    this.#finished = true
    this.#decoder.close()
  }
}
