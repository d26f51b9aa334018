import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { StreamParameters } from '../protocol/parameters.ts'
import { type AudioDecoder, type AudioSink, BEGINNING, type EntryPoint } from './decoder.ts'
import { OggOpusDecoder } from './ogg-opus-decoder.ts'
import { OpusDecoder } from './opus-decoder.ts'
import { RawDecoder } from './raw-decoder.ts'
import { WebmOpusDecoder } from './webm-opus-decoder.ts'

/**
 * A decoder for one stream; its owner closes it.
 * @param entry where in the stream the first bytes lie; not for containers, which begin with their header
 * @throws EarwitnessError `bad_parameter` for parameters that the encoding cannot have
 */
export function createDecoder(
  parameters: Pick<StreamParameters, 'encoding' | 'sampleRate' | 'channels'>,
  limits: Pick<Limits, 'corruptPackets'>,
  sink: AudioSink,
  entry: EntryPoint = BEGINNING,
): AudioDecoder {
  return new OnceFinished(decoderFor(parameters, limits, sink, entry))
}

function decoderFor(
  { encoding, sampleRate, channels }: Pick<StreamParameters, 'encoding' | 'sampleRate' | 'channels'>,
  limits: Pick<Limits, 'corruptPackets'>,
  sink: AudioSink,
  entry: EntryPoint,
): AudioDecoder {
  switch (encoding) {
    case 'opus':
      return new OpusDecoder(channels, limits, sink, entry)
    case 'ogg-opus':
      return new OggOpusDecoder(limits, sink)
    case 'webm-opus':
      return new WebmOpusDecoder(limits, sink)
    default:
      return new RawDecoder({ format: encoding, sampleRate, channels }, sink, entry)
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

  entryBefore(sample: number): EntryPoint {
    return this.#decoder.entryBefore(sample)
  }

  close(): void {
    this.#finished = true
    this.#decoder.close()
  }
}
