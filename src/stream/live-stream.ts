import { concat, concatMap, defer, finalize, from, type ObservableInput, of } from 'rxjs'
import type { ReadyEvent, ServerEvent, SummaryEvent } from '../protocol/events.ts'
import { isContainer } from '../protocol/parameters.ts'
import { ChannelJudge } from './channel-judge.ts'
import { type Pause, PauseMeter } from './pause-meter.ts'
import { type Found, hopFramesOf, StreamChannels, type StreamContext } from './stream-channels.ts'
import type { StreamState } from './stream-state.ts'
import { within } from './within.ts'

/** What comes in on one stream. Completion is the end of the audio. */
export type StreamInput =
  | {
      readonly kind: 'audio'
      /** Valid while the input is handed over: what must wait is copied. */
      readonly bytes: Uint8Array
      /** When the bytes arrived, on the context's clock. */
      readonly arrivedMs: number
      /** Called once the bytes have been taken in. */
      readonly taken?: () => void
    }
  | {
      readonly kind: 'finalize'
      /** Called when its summary is told. */
      readonly answered?: () => void
    }
  /** The stream goes on elsewhere: a summary of what there is, but no end of its audio. Nothing may follow. */
  | { readonly kind: 'leave' }

/** Audio between two `ack` events, at least. */
const ACK_SECONDS = 0.5
/** Audio further ahead of the clock than this is no live audio. */
const LIVE_AHEAD_SECONDS = 1

/** Audio in which something was found, and what is left to go through. */
interface Begun {
  readonly first: Found[]
  readonly rest: Iterator<Found[]>
}

/** What is told of in its turn. */
export type Step =
  | (Found & { readonly arrivedMs: number })
  | { readonly kind: 'summary'; readonly answered?: (() => void) | undefined; readonly leaving?: true }
  | { readonly kind: 'checkpoint'; readonly state: Omit<StreamState, 'judges'> }

/** What a stream makes of each input, and what it says of each step that this brings about. Owns its channels. */
export class LiveStream {
  readonly #context: StreamContext
  readonly #channels: StreamChannels
  readonly #judges: ChannelJudge[] = []
  readonly #pauses: PauseMeter
  #ackedSeconds = Number.NEGATIVE_INFINITY
  #finalized: number
  #hasLeft = false
  /** Inputs that are not done, and the one of them that has begun. */
  #pending = 0
  #begun: Begun | undefined

  constructor(context: StreamContext) {
    this.#context = context
    this.#channels = new StreamChannels(context)
    this.#pauses = new PauseMeter(context.resumed)
    this.#finalized = context.resumed?.finalized ?? 0
  }

  /** What is acknowledged before anything is heard. */
  begin(): Step[] {
    return this.#checkpoint()
  }

  ready(): ReadyEvent {
    const { streamId, parameters, scorer, limits, resumed } = this.#context
    const { name, version, calibration, decision, input, frontend } = scorer.manifest
    const saysItself = isContainer(parameters.encoding)
    return {
      type: 'ready',
      streamId,
      ...(parameters.label !== undefined && { label: parameters.label }),
      model: { name, version },
      provider: scorer.provider,
      calibration,
      decision,
      window: (input.frames * frontend.hopSamples) / frontend.sampleRate,
      hop: hopFramesOf(parameters) / 100,
      halfLife: parameters.halfLife,
      limits: { ...limits },
      audio: {
        encoding: parameters.encoding,
        sampleRate: saysItself ? null : parameters.sampleRate,
        channels: saysItself ? null : parameters.channels,
        downmix: parameters.downmix,
      },
      ...(resumed && { resumed: { at: resumed.seconds, replayFrom: resumed.entry.byte } }),
    }
  }

  /**
   * Takes in audio that comes while nothing is pending and brings nothing about: most of it, and what follows costs ten times as
   * much. False if there is more to do, which `take` then does.
   */
  takeAtOnce(input: StreamInput): boolean {
    if (this.#pending === 0 && input.kind === 'audio') {
      const begun = this.#begin(input.bytes, input.arrivedMs)
      if (begun === undefined) {
        input.taken?.()
        return true
      }
      this.#begun = begun
    }
    this.#pending += 1
    return false
  }

  take(input: StreamInput): ObservableInput<Step> {
    return concat(this.#stepsOf(input)).pipe(
      finalize(() => {
        this.#pending -= 1
        if (input.kind === 'audio') input.taken?.()
      }),
    )
  }

  end(): ObservableInput<Step> {
    if (this.#hasLeft) return []
    this.#note(this.#pauses.end())
    return concat(this.#steps(this.#channels.flush(), this.#context.now()), of<Step>({ kind: 'summary' }))
  }

  /** What the client is told of one step, once its score is there. */
  tell(step: Step): ObservableInput<ServerEvent> {
    if (step.kind === 'summary') {
      step.answered?.()
      return of({ ...this.#summary(), ...(step.leaving && { leaving: step.leaving }) })
    }
    if (step.kind === 'checkpoint') return this.#ack(step.state)
    if (step.kind === 'event') return of(step.event)
    const { window, arrivedMs } = step
    return from(window.settled).pipe(
      concatMap((outcome) => {
        const latencyMs = Math.max(0, this.#context.now() - arrivedMs)
        return this.#judgeOf(window.channel).take(window, outcome, Math.round(latencyMs * 10) / 10)
      }),
    )
  }

  close(): void {
    this.#channels.close()
  }

  #stepsOf(input: StreamInput): ObservableInput<Step> {
    switch (input.kind) {
      case 'finalize':
        return this.#finalize(input.answered)
      case 'leave':
        return defer(() => this.#leave())
      case 'audio':
        return defer(() => this.#hear(input.bytes, input.arrivedMs))
    }
  }

  #hear(bytes: Uint8Array, arrivedMs: number): ObservableInput<Step> {
    const begun = this.#begun ?? this.#begin(bytes, arrivedMs)
    this.#begun = undefined
    return begun === undefined ? [] : this.#oneByOne(begun, arrivedMs)
  }

  /** Decodes a message and goes through its audio until something is found, or is to be acknowledged; undefined where nothing is. */
  #begin(bytes: Uint8Array, arrivedMs: number): Begun | undefined {
    this.#note(this.#pauses.arrived(arrivedMs, this.#channels.seconds))
    return this.#whatIsIn(this.#channels.hear(bytes))
  }

  /** Audio that is all there comes as it is asked for: no wait before it is its sender's. */
  #note(pause: Pause | undefined): void {
    if (this.#context.pace === 'live' && pause !== undefined) this.#channels.notePause(pause)
  }

  #finalize(answered: (() => void) | undefined): ObservableInput<Step> {
    return concat(
      this.#steps(this.#channels.windowNow(), this.#context.now()),
      of<Step>({ kind: 'summary', answered }),
      defer(() => {
        this.#finalized += 1
        this.#ackedSeconds = Number.NEGATIVE_INFINITY
        return this.#checkpoint()
      }),
    )
  }

  #leave(): Step[] {
    this.#hasLeft = true
    this.#ackedSeconds = Number.NEGATIVE_INFINITY
    return [...this.#checkpoint(), { kind: 'summary', leaving: true }]
  }

  /** Where the stream can be resumed and has gone far enough since the last time. To be told after the windows before it. */
  #checkpoint(): Step[] {
    if (this.#context.tokenOf === undefined) return []
    const channels = this.#channels.save()
    if (channels === undefined || channels.seconds - this.#ackedSeconds < ACK_SECONDS) return []
    this.#ackedSeconds = channels.seconds
    const aheadSeconds = this.#pauses.save(this.#context.now(), channels.seconds)
    return [{ kind: 'checkpoint', state: { ...channels, aheadSeconds, finalized: this.#finalized } }]
  }

  #ack(state: Omit<StreamState, 'judges'>): ObservableInput<ServerEvent> {
    const { tokenOf } = this.#context
    if (tokenOf === undefined) return []
    const judges = state.tracks.map((_, channel) => this.#judgeOf(channel).save())
    const token = tokenOf({ ...state, judges })
    return of({ type: 'ack', at: state.seconds, keepFrom: state.entry.byte, finalized: state.finalized, token })
  }

  #steps(found: Generator<Found[]>, arrivedMs: number): ObservableInput<Step> {
    const begun = this.#whatIsIn(found)
    return begun === undefined ? [] : this.#oneByOne(begun, arrivedMs)
  }

  #whatIsIn(found: Generator<Found[]>): Begun | undefined {
    const first = found.next()
    if (!first.done) return { first: first.value, rest: found }
    return this.#isCheckpointDue ? { first: [], rest: found } : undefined
  }

  /** While a resumed stream catches up this is true, and no checkpoint is made: it has no state of its own yet. */
  get #isCheckpointDue(): boolean {
    return this.#context.tokenOf !== undefined && this.#channels.seconds - this.#ackedSeconds >= ACK_SECONDS
  }

  /** Goes on to the next piece of audio once the windows of this one are scored, or as soon as there is no more time for that. */
  async *#oneByOne({ first, rest }: Begun, arrivedMs: number): AsyncGenerator<Step> {
    let group: Found[] | undefined = first
    while (group !== undefined) {
      for (const one of group) yield { ...one, arrivedMs }
      yield* this.#checkpoint()
      await within(this.#waitingMs(arrivedMs), Promise.all(group.map(settled)))
      group = rest.next().value ?? undefined
    }
    yield* this.#checkpoint()
  }

  /**
   * How long audio may still wait for the scores before it. Live audio that has waited for a whole hop is behind: it goes on, and
   * newer windows replace those that wait.
   */
  #waitingMs(arrivedMs: number): number {
    const { pace, parameters, now } = this.#context
    const isAhead = this.#pauses.aheadSeconds(arrivedMs, this.#channels.seconds) > LIVE_AHEAD_SECONDS
    return pace === 'offline' || isAhead ? Number.POSITIVE_INFINITY : arrivedMs + parameters.hop * 1000 - now()
  }

  #judgeOf(channel: number): ChannelJudge {
    this.#judges[channel] ??= this.#newJudge(channel)
    return this.#judges[channel]
  }

  #newJudge(channel: number): ChannelJudge {
    const { scorer, parameters, limits, resumed } = this.#context
    const mostAlerts = Math.floor(limits.alerts / Math.max(1, this.#channels.tracks.length))
    const judge = new ChannelJudge(scorer.manifest, parameters, mostAlerts)
    const state = resumed?.judges[channel]
    if (state) judge.restore(state)
    return judge
  }

  #summary(): SummaryEvent {
    const { name, version, calibration } = this.#context.scorer.manifest
    return {
      type: 'summary',
      streamId: this.#context.streamId,
      model: { name, version },
      calibration,
      channels: this.#channels.tracks.map((track, channel) => this.#judgeOf(channel).summary(channel, track)),
    }
  }
}

function settled(found: Found): Promise<unknown> | undefined {
  return found.kind === 'window' ? found.window.settled : undefined
}
