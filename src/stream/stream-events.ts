import {
  catchError,
  concat,
  concatMap,
  defer,
  filter,
  finalize,
  from,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  of,
  queueScheduler,
  subscribeOn,
} from 'rxjs'
import { asEarwitnessError } from '../protocol/errors.ts'
import type { ReadyEvent, ServerEvent, SummaryEvent } from '../protocol/events.ts'
import { ChannelJudge } from './channel-judge.ts'
import { PauseMeter } from './pause-meter.ts'
import { type Found, hopFramesOf, StreamChannels, type StreamContext } from './stream-channels.ts'
import { within } from './within.ts'

/** What comes in on one stream. Completion is the end of the audio. */
export type StreamInput =
  | {
      readonly kind: 'audio'
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

/** Audio further ahead of the clock than this is no live audio. */
const LIVE_AHEAD_SECONDS = 1

/** Audio in which something was found, and what is left to go through. */
interface Begun {
  readonly first: Found[]
  readonly rest: Generator<Found[]>
}

type Step =
  | (Found & { readonly arrivedMs: number })
  | { readonly kind: 'summary'; readonly answered?: (() => void) | undefined }

/**
 * One stream from bytes to events, in the order: `ready`, what is found in the audio, `summary` on completion.
 * A stream that cannot go on ends with a fatal `error` event. Unsubscribing frees the decoder and drops what waits.
 */
export function streamEvents(inputs: Observable<StreamInput>, context: StreamContext): Observable<ServerEvent> {
  return defer(() => {
    const stream = new LiveStream(context)
    const steps = concat(
      inputs.pipe(
        filter((input) => !stream.takeAtOnce(input)),
        oneAfterAnother((input) => stream.take(input)),
      ),
      defer(() => stream.end()),
    )
    return concat(of(stream.ready()), steps.pipe(oneAfterAnother((step) => stream.tell(step)))).pipe(
      finalize(() => stream.close()),
    )
  }).pipe(
    catchError((thrown) => of(fatal(thrown))),
    filter(wanted(context)),
  )
}

/** `concatMap`, but what waited begins after the end of the one before it, not inside of it: the stack stays flat. */
function oneAfterAnother<In, Out>(make: (value: In) => ObservableInput<Out>): OperatorFunction<In, Out> {
  return concatMap((value) => defer(() => make(value)).pipe(subscribeOn(queueScheduler)))
}

class LiveStream {
  readonly #context: StreamContext
  readonly #channels: StreamChannels
  readonly #judges: ChannelJudge[] = []
  readonly #pauses = new PauseMeter()
  /** Inputs that are not done, and the one of them that has begun. */
  #pending = 0
  #begun: Begun | undefined

  constructor(context: StreamContext) {
    this.#context = context
    this.#channels = new StreamChannels(context)
  }

  ready(): ReadyEvent {
    const { streamId, parameters, scorer, limits } = this.#context
    const { name, version, calibration, decision, input, frontend } = scorer.manifest
    const isContainer = parameters.encoding === 'ogg-opus' || parameters.encoding === 'webm-opus'
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
        sampleRate: isContainer ? null : parameters.sampleRate,
        channels: isContainer ? null : parameters.channels,
        downmix: parameters.downmix,
      },
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
    const steps =
      input.kind === 'finalize' ? this.#finalize(input.answered) : defer(() => this.#hear(input.bytes, input.arrivedMs))
    return concat(steps).pipe(
      finalize(() => {
        this.#pending -= 1
        if (input.kind === 'audio') input.taken?.()
      }),
    )
  }

  end(): ObservableInput<Step> {
    return concat(this.#steps(this.#channels.flush(), this.#context.now()), of<Step>({ kind: 'summary' }))
  }

  /** What the client is told of one step, once its score is there. */
  tell(step: Step): ObservableInput<ServerEvent> {
    if (step.kind === 'summary') {
      step.answered?.()
      return of(this.#summary())
    }
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

  #hear(bytes: Uint8Array, arrivedMs: number): ObservableInput<Step> {
    const begun = this.#begun ?? this.#begin(bytes, arrivedMs)
    this.#begun = undefined
    return begun === undefined ? [] : this.#oneByOne(begun, arrivedMs)
  }

  /** Decodes a message and goes through its audio until something is found; undefined where nothing is. */
  #begin(bytes: Uint8Array, arrivedMs: number): Begun | undefined {
    const pauseMs = this.#pauses.arrived(arrivedMs, this.#channels.seconds)
    // Audio that is all there comes as it is asked for: no wait before it is its sender's.
    if (this.#context.pace === 'live' && pauseMs > 0) this.#channels.notePause(pauseMs)
    this.#channels.decode(bytes)
    return begin(this.#channels.goThrough())
  }

  #finalize(answered: (() => void) | undefined): ObservableInput<Step> {
    return concat(this.#steps(this.#channels.windowNow(), this.#context.now()), of<Step>({ kind: 'summary', answered }))
  }

  #steps(found: Generator<Found[]>, arrivedMs: number): ObservableInput<Step> {
    const begun = begin(found)
    return begun === undefined ? [] : this.#oneByOne(begun, arrivedMs)
  }

  /** Goes on to the next piece of audio once the windows of this one are scored, or as soon as there is no more time for that. */
  async *#oneByOne({ first, rest }: Begun, arrivedMs: number): AsyncGenerator<Step> {
    let group: Found[] | undefined = first
    while (group !== undefined) {
      for (const one of group) yield { ...one, arrivedMs }
      await within(this.#waitingMs(arrivedMs), Promise.all(group.map(settled)))
      group = rest.next().value ?? undefined
    }
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
    this.#judges[channel] ??= new ChannelJudge(this.#context.scorer.manifest, this.#context.parameters)
    return this.#judges[channel]
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

function begin(found: Generator<Found[]>): Begun | undefined {
  const first = found.next()
  return first.done ? undefined : { first: first.value, rest: found }
}

function settled(found: Found): Promise<unknown> | undefined {
  return found.kind === 'window' ? found.window.settled : undefined
}

function fatal(thrown: unknown): ServerEvent {
  const { code, message } = asEarwitnessError(thrown)
  return { type: 'error', code, message, fatal: true }
}

function wanted({ parameters }: StreamContext): (event: ServerEvent) => boolean {
  const kinds = parameters.events && new Set<string>(['ready', 'error', ...parameters.events])
  return (event) => kinds === undefined || kinds.has(event.type)
}
