import { createDecoder } from '../audio/create-decoder.ts'
import type { AudioDecoder } from '../audio/decoder.ts'
import type { Fft } from '../dsp/fft.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import type { WarningEvent } from '../protocol/events.ts'
import type { Limits } from '../protocol/limits.ts'
import { isContainer, type StreamParameters } from '../protocol/parameters.ts'
import type { WarningCode } from '../protocol/warnings.ts'
import type { Scorer } from '../scoring/scorer.ts'
import { ChannelTrack, type DueWindow } from './channel-track.ts'
import type { Pause } from './pause-meter.ts'
import { SampleBlocks } from './sample-blocks.ts'
import { type ChannelsState, NOTHING_HEARD, type StreamState } from './stream-state.ts'
import { firstSampleNeeded, type Resumption } from './track-state.ts'

const CONTAINER_SLICE_BYTES = 4_096

export interface StreamContext {
  readonly streamId: string
  readonly parameters: StreamParameters
  readonly scorer: Scorer
  readonly limits: Limits
  readonly fft: Fft
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** Where the stream was interrupted; the audio comes again from its entry on. */
  readonly resumed?: StreamState
  /** Where the stream is to be resumed from a state: makes the token that brings one back. */
  readonly tokenOf?: (state: StreamState) => string
  /** Told how many channels the audio has, once it says so. May refuse them. @throws EarwitnessError */
  readonly onChannels?: (channels: number) => void
  /** `live`: windows that cannot be scored in time are skipped. `offline`: the audio waits, and none is. */
  readonly pace: 'live' | 'offline'
}

/** What a message brought about: a window, or something to say. */
export type Found =
  | { readonly kind: 'window'; readonly window: DueWindow }
  | { readonly kind: 'event'; readonly event: WarningEvent }

/** All channels of one stream, from bytes to windows. Owns the decoder. */
export class StreamChannels {
  readonly #context: StreamContext
  readonly #decoder: AudioDecoder
  readonly #blocks: SampleBlocks
  #tracks: ChannelTrack[] = []
  #found: Found[] = []

  constructor(context: StreamContext) {
    this.#context = context
    this.#blocks = new SampleBlocks(
      context.parameters.downmix,
      (format) => this.#open(format.sampleRate, format.channels),
      (code, message) => this.#warn(code, message, this.#blocks.seconds),
      context.resumed && { from: context.resumed.entry.sample, until: context.resumed.decoded },
    )
    this.#decoder = createDecoder(context.parameters, context.limits, this.#blocks, context.resumed?.entry)
  }

  /** What another process would go on from; undefined while this one catches up itself. */
  save(): ChannelsState | undefined {
    const [first] = this.#tracks
    if (first === undefined) return this.#context.resumed === undefined ? NOTHING_HEARD : undefined
    if (first.isCatchingUp) return undefined
    const tracks = this.#tracks.map((track) => track.save())
    const needed = firstSampleNeeded(tracks[0]!, first.sampleRate, this.#context.scorer.manifest)
    return {
      entry: this.#decoder.entryBefore(needed),
      samples: first.inputSamples,
      decoded: this.#blocks.decoded,
      seconds: first.inputSamples / first.sampleRate,
      tracks,
    }
  }

  get tracks(): readonly ChannelTrack[] {
    return this.#tracks
  }

  /** Seconds of audio decoded so far. */
  get seconds(): number {
    return this.#blocks.seconds
  }

  /**
   * Takes a message in and goes through its audio, 100 ms at a time; yields what was found in each piece that held something. Where
   * it cannot be decoded, what came before that is gone through first.
   * @throws EarwitnessError `bad_audio`, `unsupported_audio`
   */
  *hear(bytes: Uint8Array): Generator<Found[]> {
    for (const slice of this.#slicesOf(bytes)) {
      try {
        this.#decoder.push(slice)
      } catch (thrown) {
        yield* this.#goThrough()
        throw thrown
      }
      yield* this.#goThrough()
    }
  }

  /** A few bytes of a container may stand for minutes. What is not decoded at once is copied: the message is the caller's. */
  #slicesOf(bytes: Uint8Array): Iterable<Uint8Array> {
    const isWhole = !isContainer(this.#context.parameters.encoding) || bytes.length <= CONTAINER_SLICE_BYTES
    return isWhole ? [bytes] : cut(bytes.slice(), CONTAINER_SLICE_BYTES)
  }

  *#goThrough(): Generator<Found[]> {
    for (const { planes, isGap } of this.#blocks.take()) {
      for (const [channel, track] of this.#tracks.entries()) {
        if (isGap) track.pushGap(planes[channel]!)
        else if (track.push(planes[channel]!)) this.#warnOfClipping(channel)
      }
      yield* this.#takeFound()
    }
    yield* this.#takeFound()
  }

  /** The end of the audio. */
  *flush(): Generator<Found[]> {
    this.#decoder.flush()
    yield* this.#goThrough()
    for (const track of this.#tracks) track.flush()
    yield* this.#takeFound()
  }

  /** A window of what is there now, in every channel. */
  *windowNow(): Generator<Found[]> {
    for (const track of this.#tracks) track.windowNow()
    yield* this.#takeFound()
  }

  notePause(pause: Pause): void {
    for (const track of this.#tracks) track.notePause(pause)
  }

  close(): void {
    this.#decoder.close()
  }

  *#takeFound(): Generator<Found[]> {
    if (this.#found.length === 0) return
    const found = this.#found
    this.#found = []
    yield found
  }

  #open(sampleRate: number, channels: number): void {
    const { limits, parameters, scorer, fft, pace } = this.#context
    if (channels > limits.channels) {
      throw new EarwitnessError(
        'unsupported_audio',
        `the audio has ${channels} channels; at most ${limits.channels} are allowed`,
      )
    }
    this.#context.onChannels?.(channels)
    const hopFrames = hopFramesOf(parameters)
    const offline = pace === 'offline'
    this.#tracks = Array.from(
      { length: channels },
      (_, channel) =>
        new ChannelTrack(
          { channel, sampleRate, hopFrames, scorer, offline, fft },
          (window) => {
            this.#found.push({ kind: 'window', window })
          },
          this.#resumptionOf(channel),
        ),
    )
  }

  #resumptionOf(channel: number): Resumption | undefined {
    const { resumed } = this.#context
    const state = resumed?.tracks[channel]
    return resumed && state && { from: resumed.entry.sample, until: resumed.samples, state }
  }

  #warnOfClipping(channel: number): void {
    const { inputSamples, sampleRate } = this.#tracks[channel]!
    const at = Math.floor(inputSamples / sampleRate)
    this.#warn('clipping', 'samples stand at full scale: lower the level of the source', at, channel)
  }

  #warn(code: WarningCode, message: string, at: number, channel?: number): void {
    const event = { type: 'warning', code, message, at, ...(channel !== undefined && { channel }) } as const
    this.#found.push({ kind: 'event', event })
  }
}

function* cut(bytes: Uint8Array, most: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += most) yield bytes.subarray(at, at + most)
}

/** Hops are counted in frames of 10 ms. */
export function hopFramesOf(parameters: StreamParameters): number {
  return Math.round(parameters.hop * 100)
}
