import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import { type AudioDecoder, type AudioSink, BEGINNING, type EntryPoint } from './decoder.ts'
import { OPUS_RATE } from './native-opus.ts'
import { type OggPage, OggPages } from './ogg-pages.ts'
import { isOpusHead, readOpusHead } from './opus-head.ts'
import { opusPacketSamples } from './opus-packet.ts'
import { type OpusHead, OpusStream } from './opus-stream.ts'

const SLICE_BYTES = 65_536
const MAX_PACKET_BYTES = 65_536

/**
 * The first Opus stream of an Ogg file (RFC 7845), and those that follow it, as of a radio that begins one for each piece (chaining,
 * RFC 3533 section 4); streams beside it are passed over.
 */
export class OggOpusDecoder implements AudioDecoder {
  readonly #limits: Pick<Limits, 'corruptPackets'>
  readonly #sink: AudioSink
  readonly #pages = new OggPages(
    (page) => this.#page(page),
    () => this.#damage(),
  )
  #stream: OpusStream | undefined
  #channels = 0
  #serial = 0
  #nextSequence = 0
  #inTags = true
  #ended = false
  #lossPending = false
  #partial: Uint8Array[] = []
  #partialBytes = 0
  /** Granule position, in samples of 16 kHz, of the stream's sample 0; undefined until a page has told. */
  #origin: number | undefined

  constructor(limits: Pick<Limits, 'corruptPackets'>, sink: AudioSink) {
    this.#limits = limits
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) this.#pages.push(bytes.subarray(at, at + SLICE_BYTES))
  }

  flush(): void {
    if (this.#ended || (this.#pages.waiting === 0 && this.#partialBytes === 0)) return
    this.#sink.warning('truncated_audio', 'the audio ended inside an Ogg page or packet; the rest was dropped')
  }

  entryBefore(): EntryPoint {
    return BEGINNING
  }

  close(): void {
    this.#stream?.close()
  }

  #damage(): void {
    if (this.#stream === undefined) throw new EarwitnessError('unsupported_audio', 'these bytes are not Ogg Opus')
    this.#lossPending = true
    this.#stream.damaged('an Ogg page')
  }

  #page(page: OggPage): void {
    if (this.#stream === undefined) this.#begin(page)
    else if (this.#ended || (page.beginsStream && !this.#inTags)) this.#goOn(page, this.#stream)
    else if (page.serial === this.#serial) this.#opusPage(page, this.#stream)
  }

  #begin(page: OggPage): void {
    if (!page.beginsStream) throw new EarwitnessError('unsupported_audio', 'this Ogg file holds no Opus stream')
    const head = opusHeadIn(page)
    if (head === undefined) return
    this.#channels = head.channels
    this.#sink.format(OPUS_RATE, head.channels)
    this.#enter(page, new OpusStream(head, this.#limits, this.#sink))
  }

  /** Begins the next stream of a chain, if this is one. */
  #goOn(page: OggPage, before: OpusStream): void {
    const head = opusHeadIn(page)
    if (head === undefined) return
    if (head.channels !== this.#channels) {
      throw new EarwitnessError(
        'unsupported_audio',
        `the Ogg file goes on with ${head.channels} channels after ${this.#channels}; all of it must have as many`,
      )
    }
    before.close()
    this.#enter(page, new OpusStream(head, this.#limits, this.#sink, { ...BEGINNING, damage: before.damage }))
  }

  #enter({ serial, sequence }: OggPage, stream: OpusStream): void {
    this.#stream = stream
    this.#serial = serial
    this.#nextSequence = sequence + 1
    this.#inTags = true
    this.#ended = false
    this.#lossPending = false
    this.#partial = []
    this.#partialBytes = 0
    this.#origin = undefined
  }

  #opusPage(page: OggPage, stream: OpusStream): void {
    if (page.sequence !== this.#nextSequence >>> 0) this.#lose(stream)
    this.#nextSequence = page.sequence + 1
    const packets = this.#packetsOf(page)
    const samples = packets.reduce((sum, packet) => sum + (opusPacketSamples(packet) ?? 0), 0)
    const end = this.#align(page, samples, stream)
    for (const packet of packets) stream.packet(packet, end)
    this.#ended = page.endsStream
  }

  /** A page is missing: whatever packet was half-read will not be whole. */
  #lose(stream: OpusStream): void {
    if (!this.#lossPending) stream.damaged('an Ogg page')
    this.#lossPending = true
    this.#partial = []
    this.#partialBytes = 0
  }

  /** The packets that end in this page. Copies only what goes on from page to page. */
  #packetsOf({ pieces, continued, unfinished }: OggPage): Uint8Array[] {
    const packets: Uint8Array[] = []
    const drop = continued && this.#partial.length === 0 && !this.#inTags
    pieces.forEach((piece, index) => {
      const isWhole = index < pieces.length - 1 || !unfinished
      if (this.#inTags) this.#inTags = !isWhole
      else if (index === 0 && drop) return
      else if (isWhole) packets.push(this.#joined(piece))
      else this.#keep(piece)
    })
    return packets
  }

  #keep(piece: Uint8Array): void {
    this.#partialBytes += piece.length
    // An empty piece in place of what is too much makes a corrupt packet of it.
    this.#partial = this.#partialBytes > MAX_PACKET_BYTES ? [new Uint8Array(0)] : [...this.#partial, piece.slice()]
  }

  #joined(piece: Uint8Array): Uint8Array {
    if (this.#partial.length === 0) return piece
    const isTooLong = this.#partialBytes + piece.length > MAX_PACKET_BYTES
    const whole = isTooLong ? new Uint8Array(0) : Buffer.concat([...this.#partial, piece])
    this.#partial = []
    this.#partialBytes = 0
    return whole
  }

  /** Fills what was lost before this page by its granule position; gives where the stream ends, if it ends here. */
  #align(page: OggPage, samples: number, stream: OpusStream): number {
    if (page.granule === undefined) return Number.POSITIVE_INFINITY
    const granule = Math.round(page.granule / 3)
    const before = granule - samples
    if (this.#lossPending && before - (this.#origin ?? 0) > stream.position) {
      stream.gap(before - (this.#origin ?? 0) - stream.position)
    }
    this.#lossPending = false
    if (page.endsStream) return Math.max(stream.position, granule - (this.#origin ?? 0))
    this.#origin = before - stream.position
    return Number.POSITIVE_INFINITY
  }
}

function opusHeadIn({ beginsStream, pieces: [head] }: OggPage): OpusHead | undefined {
  return beginsStream && head !== undefined && isOpusHead(head) ? readOpusHead(head) : undefined
}
