import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import { type AudioDecoder, type AudioSink, BEGINNING, type EntryPoint } from './decoder.ts'
import { OPUS_RATE } from './native-opus.ts'
import { isOpusHead, readOpusHead } from './opus-head.ts'
import { opusPacketSamples } from './opus-packet.ts'
import { type OpusHead, OpusStream } from './opus-stream.ts'
import { readWebmBlock } from './webm-block.ts'
import { ELEMENT, readUnsigned, WebmElements } from './webm-elements.ts'

const SLICE_BYTES = 65_536
const NANOSECONDS_PER_SAMPLE = 62_500

interface Track {
  number?: number
  codec?: string
  head?: Uint8Array
  channels?: number
  isEncoded?: boolean
}

/** The first Opus track of a WebM file, as browsers record them and as muxers write them; other tracks are passed over. */
export class WebmOpusDecoder implements AudioDecoder {
  readonly #limits: Pick<Limits, 'corruptPackets'>
  readonly #sink: AudioSink
  readonly #elements = new WebmElements((id, body) => this.#element(id, body))
  #track: Track = {}
  #chosen: Track | undefined
  #stream: OpusStream | undefined
  /** A Block waits for what its BlockGroup says of it. */
  #held: Uint8Array | undefined

  constructor(limits: Pick<Limits, 'corruptPackets'>, sink: AudioSink) {
    this.#limits = limits
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) this.#elements.push(bytes.subarray(at, at + SLICE_BYTES))
  }

  flush(): void {
    this.#release(0)
    if (this.#elements.isInside) {
      this.#sink.warning('truncated_audio', 'the audio ended inside a WebM element; the rest was dropped')
    }
  }

  entryBefore(): EntryPoint {
    return BEGINNING
  }

  close(): void {
    this.#stream?.close()
  }

  #element(id: number, body: Uint8Array): void {
    this.#release(id === ELEMENT.discardPadding ? discardedSamples(body) : 0)
    if (id === ELEMENT.cluster) this.#open()
    else if (id === ELEMENT.simpleBlock) this.#block(body, 0)
    else if (id === ELEMENT.block) this.#held = body.slice()
    else if (this.#stream === undefined) this.#trackElement(id, body)
  }

  #trackElement(id: number, body: Uint8Array): void {
    if (id === ELEMENT.trackEntry) this.#endTrack()
    else if (id === ELEMENT.trackNumber) this.#track.number = readUnsigned(body)
    else if (id === ELEMENT.codecId)
      this.#track.codec = String.fromCharCode(...body.subarray(0, 32)).replace(/\0+$/, '')
    else if (id === ELEMENT.audioChannels) this.#track.channels = readUnsigned(body)
    else if (id === ELEMENT.contentEncodings) this.#track.isEncoded = true
    else if (id === ELEMENT.codecPrivate && isOpusHead(body)) this.#track.head = body.slice(0, 32)
  }

  #endTrack(): void {
    if (this.#track.codec === 'A_OPUS') this.#chosen ??= this.#track
    this.#track = {}
  }

  #open(): void {
    if (this.#stream !== undefined) return
    this.#endTrack()
    const channels = this.#chosen?.channels ?? 1
    if (this.#chosen === undefined || this.#chosen.isEncoded || channels < 1 || channels > 2) {
      throw new EarwitnessError('unsupported_audio', 'this WebM holds no plain Opus track of one or two channels')
    }
    const { head } = this.#chosen
    const known: OpusHead = head === undefined ? { channels, preSkip: 0, gain: 1 } : readOpusHead(head)
    this.#sink.format(OPUS_RATE, known.channels)
    this.#stream = new OpusStream(known, this.#limits, this.#sink)
  }

  #release(discarded: number): void {
    const block = this.#held
    this.#held = undefined
    if (block !== undefined) this.#block(block, discarded)
  }

  #block(bytes: Uint8Array, discarded: number): void {
    const block = readWebmBlock(bytes)
    const stream = this.#stream
    if (stream === undefined || block?.track !== this.#chosen?.number) return
    if (block?.frames === undefined) {
      stream.damaged('a WebM block')
      return
    }
    const samples = block.frames.reduce((sum, frame) => sum + (opusPacketSamples(frame) ?? 0), 0)
    const end = discarded > 0 ? stream.position + samples - discarded : Number.POSITIVE_INFINITY
    for (const frame of block.frames) stream.packet(frame, end)
  }
}

/** Samples to drop at the end of a block, from its DiscardPadding in signed nanoseconds; 0 if negative. */
function discardedSamples(body: Uint8Array): number {
  if (body.length === 0 || body.length > 8 || body[0] >= 128) return 0
  return Math.round(readUnsigned(body) / NANOSECONDS_PER_SAMPLE)
}
