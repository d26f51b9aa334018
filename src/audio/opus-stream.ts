import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import { type AudioSink, BEGINNING, type EntryPoint, type OpusDamage } from './decoder.ts'
import { NativeOpus, OPUS_RATE } from './native-opus.ts'
import { opusPacketSamples } from './opus-packet.ts'

const MAX_PACKET_SAMPLES = 1_920
const DEFAULT_PACKET_SAMPLES = 320
const MAX_GAP_SAMPLES = 60 * OPUS_RATE

/** What a container's header says of the Opus stream inside. */
export interface OpusHead {
  readonly channels: number
  /** Samples at 16 kHz to drop at the start. */
  readonly preSkip: number
  /** Factor on every sample. */
  readonly gain: number
}

/** The packets of one Opus stream into samples at 16 kHz; what cannot be decoded becomes a gap of its length. The format is for its owner to tell. */
export class OpusStream {
  readonly #limits: Pick<Limits, 'corruptPackets'>
  readonly #sink: AudioSink
  readonly #head: OpusHead
  readonly #native: NativeOpus
  readonly #planes: readonly Float32Array[]
  #position: number
  #lastSamples = DEFAULT_PACKET_SAMPLES
  #corrupt = 0
  #corruptInRow = 0

  /** @param entry what lies before the first packet */
  constructor(head: OpusHead, limits: Pick<Limits, 'corruptPackets'>, sink: AudioSink, entry: EntryPoint = BEGINNING) {
    this.#position = entry.sample
    if (entry.damage !== undefined) this.#goOnFrom(entry.damage)
    this.#head = head
    this.#limits = limits
    this.#sink = sink
    this.#native = new NativeOpus(head.channels)
    this.#planes = Array.from({ length: head.channels }, () => new Float32Array(MAX_PACKET_SAMPLES))
  }

  get damage(): OpusDamage {
    return { corrupt: this.#corrupt, corruptInRow: this.#corruptInRow, lastSamples: this.#lastSamples }
  }

  /** Samples at 16 kHz so far, with those that the header has dropped. */
  get position(): number {
    return this.#position
  }

  /**
   * @param end samples at or after this position are dropped
   * @throws EarwitnessError `bad_audio` when too many packets in a row are corrupt
   */
  packet(bytes: Uint8Array, end = Number.POSITIVE_INFINITY): void {
    const samples = opusPacketSamples(bytes)
    if (samples !== undefined && this.#decoded(bytes) === samples) {
      this.#corruptInRow = 0
      this.#lastSamples = samples
      this.#emit(samples, end)
    } else {
      this.damaged(bytes.length === 0 ? 'an empty Opus packet' : `an Opus packet of ${bytes.length} bytes`)
      this.gap(samples ?? this.#lastSamples, end)
    }
  }

  /**
   * Counts one damaged piece, and warns of the first, second, fourth, eighth …
   * @throws EarwitnessError `bad_audio`
   */
  damaged(what: string): void {
    this.#corrupt++
    this.#corruptInRow++
    if (this.#corruptInRow > this.#limits.corruptPackets) {
      throw new EarwitnessError(
        'bad_audio',
        `${this.#corruptInRow} pieces of audio in a row could not be decoded; ${this.#limits.corruptPackets} are allowed`,
      )
    }
    if ((this.#corrupt & (this.#corrupt - 1)) === 0) {
      this.#sink.warning('corrupt_audio', `${what} could not be decoded (${this.#corrupt} so far)`)
    }
  }

  /** This many samples were lost; a minute at most is believed. */
  gap(samples: number, end = Number.POSITIVE_INFINITY): void {
    const length = Math.min(samples, MAX_GAP_SAMPLES)
    const kept = Math.min(this.#position + length, end) - Math.max(this.#position, this.#head.preSkip)
    this.#position += length
    if (kept > 0) this.#sink.gap(kept)
  }

  close(): void {
    this.#native.close()
  }

  #goOnFrom({ corrupt, corruptInRow, lastSamples }: OpusDamage): void {
    this.#corrupt = corrupt
    this.#corruptInRow = corruptInRow
    this.#lastSamples = lastSamples
  }

  #decoded(bytes: Uint8Array): number | undefined {
    try {
      return this.#native.decode(bytes, this.#planes)
    } catch {
      return undefined
    }
  }

  #emit(samples: number, end: number): void {
    const { preSkip, gain } = this.#head
    const from = Math.max(0, preSkip - this.#position)
    const to = Math.min(samples, end - this.#position)
    this.#position += samples
    if (from >= to) return
    const kept = this.#planes.map((plane) => plane.subarray(from, to))
    if (gain !== 1) for (const plane of kept) for (let at = 0; at < plane.length; at++) plane[at] *= gain
    this.#sink.samples(kept)
  }
}
