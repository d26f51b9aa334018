import { EarwitnessError } from '../../src/protocol/errors.ts'
import type { ReadyEvent, ServerEvent, SummaryEvent } from '../../src/protocol/events.ts'
import type { StreamParameters } from '../../src/protocol/parameters.ts'
import { type ReconnectionPolicy, reconnectionDelayMs } from './back-off.ts'
import { Deferred } from './deferred.ts'
import { isPassing } from './endings.ts'
import { OutgoingAudio, type SendResult } from './outgoing-audio.ts'
import { untilTrue } from './polling.ts'
import { refusalOf } from './refusal.ts'
import type { ConnectionState, StreamEvents } from './stream-events.ts'
import { StreamSocket } from './stream-socket.ts'
import { bearerProtocols, type Token } from './token.ts'
import { TypedEmitter } from './typed-emitter.ts'
import type { WebSocketConstructor } from './web-socket.ts'

/** Everything that a stream needs, complete and checked; `connect` makes it. */
export interface StreamSettings {
  readonly address: URL
  readonly protocols: readonly string[]
  readonly token: Token | undefined
  readonly parameters: StreamParameters
  readonly Socket: WebSocketConstructor
  readonly reconnection: ReconnectionPolicy
  readonly keepAliveMs: number
  readonly closeTimeoutMs: number
  readonly bufferBytes: number
}

/**
 * Audio on its way to a server and the server's events on their way back, over as many connections as it takes.
 * Each new connection is a new stream of the server: its times start again at 0.
 */
export class EarwitnessStream {
  readonly #settings: StreamSettings
  readonly #events = new TypedEmitter<StreamEvents>()
  readonly #outgoing: OutgoingAudio
  readonly #outcome = new Deferred<SummaryEvent>()
  #state: ConnectionState = 'connecting'
  #socket: StreamSocket | undefined
  #token: string | undefined
  #ready: ReadyEvent | undefined
  #summary: SummaryEvent | undefined
  #nextSummary = new Deferred<SummaryEvent>()
  #isClosing = false
  #failedTries = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Starts to connect at once. Use `connect`. */
  constructor(settings: StreamSettings) {
    this.#settings = settings
    this.#outgoing = new OutgoingAudio(settings.parameters, settings.bufferBytes)
    this.#open()
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** The `ready` of the present connection, or of the last one. */
  get ready(): ReadyEvent | undefined {
    return this.#ready
  }

  /** Bytes that were given to `send` and have not reached the network. */
  get bufferedBytes(): number {
    return this.#outgoing.waitingBytes + (this.#socket?.bufferedBytes ?? 0)
  }

  /** Calls `listener` at each `name`. Gives the function that takes it away again. */
  on<Name extends keyof StreamEvents>(name: Name, listener: (value: StreamEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Sends audio: bytes of the stream's encoding (one packet a call for `opus`), or samples of full scale ±1, channels
   * interleaved, for `s16le` and `f32le`. The input is copied. `sent`: handed to the socket; `queued`: waits for a
   * connection; `refused`: the buffer is full or the stream closed. Whatever is dropped is told by a `lost` event.
   * @throws EarwitnessError `bad_parameter` for samples in another encoding.
   */
  send(audio: Uint8Array | Float32Array): SendResult {
    if (this.#state === 'closed' || this.#isClosing) return 'refused'
    const { result, lost } = this.#outgoing.send(audio, this.#state === 'open' ? this.#socket : undefined)
    if (lost !== undefined) this.#events.emit('lost', lost)
    return result
  }

  /**
   * Resolves when half of the buffer is free again, or the stream has closed. Whoever sends faster than real time
   * awaits this after each `send`, and loses nothing.
   */
  drained(): Promise<void> {
    return untilTrue(() => this.#state === 'closed' || this.bufferedBytes <= this.#settings.bufferBytes / 2)
  }

  /**
   * Asks for the judgement of what was sent so far, and gives the summary that answers. The promise fails with an
   * EarwitnessError where the stream is not open, or its connection ends first.
   */
  finalize(): Promise<SummaryEvent> {
    if (this.#state !== 'open') return Promise.reject(this.#noSummary())
    this.#socket?.sendMessage({ type: 'finalize' })
    return this.#nextSummary.promise
  }

  /**
   * Ends the stream: what waits is still sent, and the summary comes when everything has been scored. The promise
   * fails with the EarwitnessError that ended the stream where no summary came.
   */
  close(): Promise<SummaryEvent> {
    if (!this.#isClosing && this.#state !== 'closed') this.#startClosing()
    return this.#outcome.promise
  }

  #startClosing(): void {
    this.#isClosing = true
    if (this.#state === 'reconnecting') {
      this.#finish(this.#noSummary())
      return
    }
    if (this.#state === 'open') this.#socket?.sendMessage({ type: 'close' })
    this.#awaitMore()
  }

  /** The summary may take long, as long as events show that the server is at work. */
  #awaitMore(): void {
    const { closeTimeoutMs } = this.#settings
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#finish(
        new EarwitnessError('connection_lost', `no summary came: nothing was heard for ${closeTimeoutMs} ms`),
      )
    }, closeTimeoutMs)
  }

  #open(): void {
    const { token } = this.#settings
    if (typeof token === 'function') void this.#openWith(token)
    else this.#connect(token)
  }

  async #openWith(fetchToken: () => string | Promise<string>): Promise<void> {
    try {
      const token = await Promise.resolve().then(fetchToken)
      if (this.#state !== 'closed') this.#connect(token)
    } catch (cause) {
      const error = new EarwitnessError('connection_lost', `no token could be had: ${String(cause)}`, { cause })
      if (this.#state !== 'closed') this.#lost(error)
    }
  }

  #connect(token: string | undefined): void {
    const { address, protocols, Socket, keepAliveMs, parameters } = this.#settings
    this.#token = token
    const socket = new StreamSocket(address, [...bearerProtocols(token), ...protocols], Socket, keepAliveMs, {
      opened: () => socket.sendMessage({ type: 'start', parameters }),
      event: (event) => this.#receive(event),
      unreadable: (error) => this.#events.emit('error', error),
      ended: (error, wasOpen) => void this.#ended(error, wasOpen),
    })
    this.#socket = socket
  }

  #receive(event: ServerEvent): void {
    if (this.#isClosing) this.#awaitMore()
    this.#events.emit('event', event)
    if (event.type === 'error') {
      // A fatal error is told once, when the connection has ended.
      if (!event.fatal) this.#events.emit('error', new EarwitnessError(event.code, event.message))
      return
    }
    if (event.type === 'ready') this.#begin(event)
    if (event.type === 'summary') this.#keepSummary(event)
    this.#events.emit(event.type, event as never)
  }

  #keepSummary(summary: SummaryEvent): void {
    this.#summary = summary
    this.#nextSummary.resolve(summary)
    this.#nextSummary = new Deferred()
  }

  #begin(ready: ReadyEvent): void {
    this.#ready = ready
    this.#summary = undefined
    this.#failedTries = 0
    this.#enter('open')
    this.#outgoing.flush(this.#socket!)
    if (this.#isClosing) this.#socket?.sendMessage({ type: 'close' })
  }

  async #ended(error: EarwitnessError | undefined, wasOpen: boolean): Promise<void> {
    if (error === undefined) return this.#finish(undefined)
    const cause = wasOpen ? error : await refusalOf(this.#settings.address, this.#token)
    if (this.#state !== 'closed') this.#lost(cause)
  }

  #lost(cause: EarwitnessError): void {
    if (this.#isClosing || !isPassing(cause)) this.#finish(cause)
    else this.#tryAgain(cause)
  }

  #tryAgain(cause: EarwitnessError): void {
    const { reconnection } = this.#settings
    if (!this.#outgoing.canStartAnew || this.#failedTries >= reconnection.attempts) {
      this.#finish(cause)
      return
    }
    this.#socket = undefined
    this.#nextSummary.reject(cause)
    this.#nextSummary = new Deferred()
    this.#enter('reconnecting')
    this.#events.emit('error', cause)
    this.#timer = setTimeout(() => this.#open(), reconnectionDelayMs(reconnection, this.#failedTries))
    this.#failedTries += 1
  }

  #finish(error: EarwitnessError | undefined): void {
    clearTimeout(this.#timer)
    this.#socket?.abandon()
    this.#socket = undefined
    if (this.#summary !== undefined) this.#outcome.resolve(this.#summary)
    this.#outcome.reject(error ?? this.#noSummary())
    this.#nextSummary.reject(error ?? this.#noSummary())
    this.#enter('closed')
    if (error !== undefined && !this.#isClosing) this.#events.emit('error', error)
  }

  #enter(state: ConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    this.#events.emit('state', state)
  }

  #noSummary(): EarwitnessError {
    return new EarwitnessError('connection_lost', `the stream is ${this.#state}, so no summary will come`)
  }
}
