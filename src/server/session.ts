import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { Subject, type Subscription, tap } from 'rxjs'
import { parseClientMessage } from '../protocol/client-messages.ts'
import { asEarwitnessError, EarwitnessError, ERROR_CODES, type ErrorCode } from '../protocol/errors.ts'
import type { AckEvent, ServerEvent } from '../protocol/events.ts'
import { bytesPerSecond, parseStreamParameters, type StreamParameters } from '../protocol/parameters.ts'
import type { Scorer } from '../scoring/scorer.ts'
import type { StreamInput } from '../stream/live-stream.ts'
import { streamEvents, wanted } from '../stream/stream-events.ts'
import { MessageRate } from './message-rate.ts'
import type { Metrics } from './metrics.ts'
import { openStream, type StreamSurroundings } from './stream-opening.ts'
import type { Connection, ConnectionHandlers } from './transport.ts'

/** What all sessions share. */
export interface SessionContext extends StreamSurroundings {
  readonly metrics: Metrics
  readonly log: Logger
  /** Processes behind this server's port. */
  readonly workers?: number
}

/** What the server counts of a stream, beside its own counts. */
export interface Claims {
  /**
   * Called before the stream starts, and again where its audio turns out to have other channels than were asked for.
   * @throws EarwitnessError `too_many_streams` where it would be too much to score
   */
  claim(parameters: StreamParameters, scorer: Scorer): void
  closed(session: Session): void
}

const MOST_OPUS_BYTES_PER_SECOND = 510_000 / 8
/** What a connection closes with where it was not closed. */
const VANISHED = 1006
/** Errors of a text message that end the stream. */
const FATAL_IN_TEXT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'bad_parameter',
  'unknown_model',
  'too_many_streams',
  'resume_refused',
])

/** One connection: its parameters, its one subscription, its limits, its end. */
export class Session implements ConnectionHandlers {
  readonly id = randomUUID()
  readonly #connection: Connection
  readonly #context: SessionContext
  readonly #claims: Claims
  readonly #messages: MessageRate
  readonly #inputs = new Subject<StreamInput>()
  readonly #idleTimer: NodeJS.Timeout
  readonly #lifeTimer: NodeJS.Timeout
  #subscription: Subscription | undefined
  #mostQueuedBytes = 0
  #queuedBytes = 0
  #unansweredFinalizes = 0
  #isResumable = false
  #paused = false
  /** True once no more is taken from the client. */
  #ended = false
  #ending: { readonly code: number; readonly reason: string } = { code: 1000, reason: 'done' }
  /** What this side closed with, if it did. */
  #closedWith: { readonly code: number; readonly reason: string } | undefined
  /** Told again in answer to a `keepAlive`. */
  #lastAck: AckEvent | undefined
  #isWanted: (event: ServerEvent) => boolean = () => true
  /** Seconds of each channel that are counted. */
  readonly #judgedSeconds: number[] = []
  #log: Logger

  /** @param parameters from the query; undefined where the query said nothing and a `start` message may come */
  constructor(
    connection: Connection,
    parameters: StreamParameters | undefined,
    context: SessionContext,
    claims: Claims,
  ) {
    this.#connection = connection
    this.#context = context
    this.#claims = claims
    this.#messages = new MessageRate(context.limits.messagesPerSecond)
    this.#log = context.log.child({ stream: this.id })
    const { idleSeconds, connectionSeconds } = context.limits
    this.#idleTimer = setTimeout(() => this.#onIdle(), idleSeconds * 1000)
    this.#lifeTimer = setTimeout(() => this.#onLifeEnd(), connectionSeconds * 1000)
    context.metrics.streamOpened()
    if (parameters !== undefined) this.#startOrFail(parameters)
  }

  audio(bytes: Uint8Array): void {
    this.#idleTimer.refresh()
    if (this.#ended || this.#isFlooded()) return
    if (this.#subscription === undefined) this.#startOrFail(parseStreamParameters({}))
    if (this.#ended) return
    // Not asked for again when it was taken: the bytes may be gone by then.
    const { length } = bytes
    this.#context.metrics.audioReceived(length)
    this.#queuedBytes += length
    const taken = (): void => this.#onTaken(length)
    this.#inputs.next({ kind: 'audio', bytes, arrivedMs: performance.now(), taken })
    if (this.#queuedBytes > this.#mostQueuedBytes) this.#holdBack()
  }

  text(message: string): void {
    this.#idleTimer.refresh()
    if (this.#ended || this.#isFlooded()) return
    try {
      this.#obey(message)
    } catch (thrown) {
      const error = asEarwitnessError(thrown)
      if (FATAL_IN_TEXT.has(error.code)) this.#fail(error)
      else this.#tell({ type: 'error', code: error.code, message: error.message, fatal: false })
    }
  }

  control(): void {
    if (!this.#ended) this.#isFlooded()
  }

  closed(code: number): void {
    clearTimeout(this.#idleTimer)
    clearTimeout(this.#lifeTimer)
    this.#subscription?.unsubscribe()
    const ended = this.#closedWith ?? { code, reason: code === VANISHED ? 'the connection broke' : 'by the client' }
    this.#context.metrics.streamClosed(ended.code)
    this.#log.info(ended, 'stream closed')
    this.#claims.closed(this)
  }

  /** The server stops in so many seconds: a stream that can goes on elsewhere, any other one ends now. */
  drain(deadlineSeconds: number): void {
    if (this.#subscription !== undefined) this.#tell({ type: 'draining', deadline: deadlineSeconds })
    if (!this.#isResumable) this.end('draining')
  }

  /**
   * Takes no more audio: what is queued is scored, the summary goes out, then the socket closes with this code. The audio of
   * a stream that can be resumed has no end here, so that it can.
   */
  end(code: ErrorCode): void {
    if (this.#ended) return
    this.#ending = { code: ERROR_CODES[code].closeCode, reason: code }
    this.#ended = true
    if (this.#isResumable) this.#inputs.next({ kind: 'leave' })
    if (this.#subscription === undefined) this.#close()
    else this.#inputs.complete()
  }

  #obey(text: string): void {
    const { textBytes } = this.#context.limits
    const bytes = Buffer.byteLength(text)
    if (bytes > textBytes)
      throw new EarwitnessError('message_too_large', `a text message may have ${textBytes} bytes; one of ${bytes} came`)
    const message = parseClientMessage(text, this.#context.limits.jsonDepth)
    if (message.type === 'keepAlive') {
      if (this.#lastAck !== undefined) this.#tell(this.#lastAck)
      return
    }
    if (message.type === 'start') {
      if (this.#subscription !== undefined) throw new EarwitnessError('bad_message', 'the stream has already started')
      this.#start(message.parameters)
      return
    }
    if (this.#subscription === undefined) this.#start(parseStreamParameters({}))
    if (message.type === 'finalize') this.#finalize()
    else this.#endAudio()
  }

  #endAudio(): void {
    this.#ended = true
    this.#inputs.complete()
  }

  #finalize(): void {
    const { finalizes } = this.#context.limits
    if (this.#unansweredFinalizes >= finalizes) {
      throw new EarwitnessError('too_many_messages', `${finalizes} finalize messages wait for their summary already`)
    }
    this.#unansweredFinalizes += 1
    const answered = (): void => {
      this.#unansweredFinalizes -= 1
    }
    this.#inputs.next({ kind: 'finalize', answered })
  }

  /** True where the client was told that it sends too many messages. */
  #isFlooded(): boolean {
    if (this.#messages.take()) return false
    const { messagesPerSecond } = this.#context.limits
    this.#fail(new EarwitnessError('too_many_messages', `at most ${messagesPerSecond} messages a second may come`))
    return true
  }

  #startOrFail(parameters: StreamParameters): void {
    try {
      this.#start(parameters)
    } catch (thrown) {
      this.#fail(asEarwitnessError(thrown))
    }
  }

  #start(parameters: StreamParameters): void {
    const { limits, log } = this.#context
    const stream = openStream(this.id, parameters, this.#context)
    this.#claims.claim(stream.parameters, stream.scorer)
    const { encoding, sampleRate, channels, label } = stream.parameters
    this.#mostQueuedBytes = (bytesPerSecond(stream.parameters) ?? MOST_OPUS_BYTES_PER_SECOND) * limits.audioAheadSeconds
    this.#isResumable = stream.tokenOf !== undefined
    this.#log = log.child({ stream: stream.streamId, ...(label !== undefined && { label }) })
    const model = stream.scorer.manifest.name
    this.#log.info({ encoding, sampleRate, channels, model }, stream.resumed ? 'stream resumed' : 'stream opened')
    this.#isWanted = wanted(stream.parameters)
    this.#judgedSeconds.push(...Array.from({ length: channels }, () => stream.resumed?.seconds ?? 0))
    const onChannels = (found: number): void => {
      if (found !== channels) this.#claims.claim({ ...stream.parameters, channels: found }, stream.scorer)
    }
    const all = { ...stream, parameters: { ...stream.parameters, events: undefined }, onChannels }
    const told = streamEvents(this.#inputs, all).pipe(tap((event) => this.#tell(event)))
    this.#subscription = told.subscribe({
      error: (thrown) => this.#fail(asEarwitnessError(thrown)),
      complete: () => this.#close(),
    })
  }

  #tell(event: ServerEvent): void {
    this.#count(event)
    if (event.type === 'ack') this.#lastAck = event
    if (event.type === 'error') {
      this.#log.warn({ code: event.code, fatal: event.fatal }, event.message)
      if (event.fatal)
        this.#ending = { code: ERROR_CODES[event.code].closeCode, reason: `${event.code}: ${event.message}` }
    }
    if (!this.#isWanted(event)) return
    const text = JSON.stringify(event)
    this.#context.metrics.eventSent(Buffer.byteLength(text))
    if (this.#connection.send(text) !== 'refused') return
    this.#log.warn('the client does not read its events')
    this.#ended = true
    this.#subscription?.unsubscribe()
    this.#ending = { code: ERROR_CODES.client_too_slow.closeCode, reason: 'client_too_slow: events were not read' }
    this.#close()
  }

  #count(event: ServerEvent): void {
    this.#context.metrics.happened(event)
    if (event.type !== 'score') return
    const before = this.#judgedSeconds[event.channel] ?? 0
    // A resumed stream tells again of windows that were told, but not acknowledged.
    this.#judgedSeconds[event.channel] = Math.max(before, event.end)
    this.#context.metrics.audioJudged(this.#judgedSeconds[event.channel]! - before)
  }

  #close(): void {
    if (this.#closedWith !== undefined) return
    this.#closedWith = this.#ending
    this.#connection.close(this.#ending.code, this.#ending.reason)
  }

  #fail(error: EarwitnessError): void {
    if (error.code === 'internal') this.#log.error({ err: error.cause }, 'a stream failed')
    this.#ended = true
    this.#tell({ type: 'error', code: error.code, message: error.message, fatal: true })
    this.#subscription?.unsubscribe()
    this.#close()
  }

  #onTaken(bytes: number): void {
    this.#queuedBytes -= bytes
    if (!this.#paused || this.#queuedBytes > this.#mostQueuedBytes / 2) return
    this.#paused = false
    this.#connection.resume()
  }

  /** The client is too far ahead of what has been scored: stop reading where the transport can, else give up. */
  #holdBack(): void {
    const { audioAheadSeconds } = this.#context.limits
    if (this.#paused) return
    this.#paused = this.#connection.pause()
    const message = `more than ${audioAheadSeconds} s of audio wait to be scored`
    if (this.#paused)
      this.#tell({ type: 'warning', code: 'audio_ahead', message: `${message}; reading goes on as they are` })
    else this.#fail(new EarwitnessError('audio_too_fast', `${message}; send it in real time`))
  }

  /** A client that waits for what it sent to be scored is not idle. */
  #onIdle(): void {
    if (this.#ended || this.#queuedBytes > 0) {
      this.#idleTimer.refresh()
      return
    }
    const { idleSeconds } = this.#context.limits
    this.#fail(new EarwitnessError('idle', `nothing came for ${idleSeconds} s; send audio or keepAlive`))
  }

  #onLifeEnd(): void {
    this.end('connection_too_long')
  }
}
