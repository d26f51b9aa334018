import { EarwitnessError } from '../../src/protocol/errors.ts'
import type { AckEvent, DrainingEvent, ReadyEvent, ServerEvent, SummaryEvent } from '../../src/protocol/events.ts'
import { Deferred } from './deferred.ts'
import { isPassing } from './endings.ts'
import { OutgoingAudio, type SendResult } from './outgoing-audio.ts'
import { untilTrue } from './polling.ts'
import { refusalOf } from './refusal.ts'
import { Resumption } from './resumption.ts'
import { Retries } from './retries.ts'
import type { ConnectionState, LostAudio, StreamEvents } from './stream-events.ts'
import type { StreamSettings } from './stream-settings.ts'
import { StreamSocket } from './stream-socket.ts'
import { Summaries } from './summaries.ts'
import { bearerProtocols, isSendable } from './token.ts'
import { TypedEmitter } from './typed-emitter.ts'

/**
 * Audio on its way to a server and the server's events on their way back, over as many connections as it takes. A new
 * connection goes on with the stream where the server can, and its events are those of an unbroken one; otherwise it is a new
 * stream, told by another `ready`, whose times start again at 0. What cannot be read without its head (a container, a WAV whose
 * header says otherwise than the parameters) ends there.
 */
export class EarwitnessStream {
  readonly #settings: StreamSettings
  readonly #events = new TypedEmitter<StreamEvents>()
  readonly #outgoing: OutgoingAudio
  readonly #resumption: Resumption
  readonly #outcome = new Deferred<SummaryEvent>()
  #state: ConnectionState = 'connecting'
  #socket: StreamSocket | undefined
  #token: string | undefined
  #ready: ReadyEvent | undefined
  readonly #summaries = new Summaries()
  readonly #retries: Retries
  #isClosing = false
  /** Of a connection that has told more than that it is there: from then on a break is the first one again. */
  #isAcknowledged = false
  #closeTimer: ReturnType<typeof setTimeout> | undefined

  /** Starts to connect at once. Use `connect`. */
  constructor(settings: StreamSettings) {
    this.#settings = settings
    this.#retries = new Retries(settings.reconnection)
    this.#resumption = new Resumption(settings.historyBytes, settings.bufferBytes)
    this.#outgoing = new OutgoingAudio(settings.parameters, settings.bufferBytes, this.#resumption)
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
    if (lost !== undefined) this.#tellLoss(lost)
    return result
  }

  /**
   * Resolves when half of the buffer is free again, or the stream has closed. Whoever sends faster than real time
   * awaits this after each `send`, and loses nothing.
   */
  drained(): Promise<void> {
    const { bufferBytes } = this.#settings
    return untilTrue(
      () => this.#state === 'closed' || (this.bufferedBytes <= bufferBytes / 2 && !this.#resumption.isFull),
    )
  }

  /**
   * Asks for the judgement of what was sent so far, and gives the summary that answers. The promise fails with an
   * EarwitnessError where the stream is not open, or its connection ends first.
   */
  finalize(): Promise<SummaryEvent> {
    if (this.#state !== 'open' || this.#isClosing) return Promise.reject(this.#noSummary())
    this.#socket?.sendMessage({ type: 'finalize' })
    this.#resumption.sentFinalize()
    return this.#summaries.ask()
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
    if (this.#state === 'reconnecting' && this.#resumption.token === undefined) {
      this.#finish(this.#noSummary())
      return
    }
    if (this.#state === 'open') this.#socket?.sendMessage({ type: 'close' })
    this.#awaitMore()
  }

  /** The summary may take long, as long as events show that the server is at work. */
  #awaitMore(): void {
    const { closeTimeoutMs } = this.#settings
    clearTimeout(this.#closeTimer)
    this.#closeTimer = setTimeout(() => {
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
    if (token !== undefined && !isSendable(token)) {
      const error = new EarwitnessError('unauthorized', 'the token has characters that no key or token has')
      this.#retries.afterMs(0, () => this.#lost(error))
      return
    }
    this.#token = token
    const liveness = { keepAliveMs, isAnswered: Boolean(parameters.resume) }
    const socket = new StreamSocket(address, [...bearerProtocols(token), ...protocols], Socket, liveness, {
      opened: () => this.#start(socket),
      event: (event) => this.#receive(event),
      unreadable: (error) => this.#events.emit('error', error),
      ended: (error, wasOpen) => void this.#ended(error, wasOpen),
    })
    this.#socket = socket
  }

  #start(socket: StreamSocket): void {
    const { parameters } = this.#settings
    const resume = this.#resumption.token ?? parameters.resume
    socket.sendMessage({ type: 'start', parameters: { ...parameters, resume } })
  }

  #receive(event: ServerEvent): void {
    if (this.#isClosing) this.#awaitMore()
    if (event.type === 'score' || (event.type === 'ack' && this.#isAcknowledged)) this.#retries.forget()
    if (event.type === 'ack') this.#isAcknowledged = true
    if (event.type === 'ready' && event.resumed !== undefined) this.#goOn(event, event.resumed.replayFrom)
    else if (event.type === 'ack') this.#resumption.acknowledged(event)
    else if (event.type === 'draining') this.#move()
    else if (event.type === 'summary' && event.leaving) this.#summaries.left(event)
    else if (this.#resumption.isNew(event)) this.#tell(event)
  }

  #tell(event: Exclude<ServerEvent, AckEvent | DrainingEvent>): void {
    this.#events.emit('event', event)
    if (event.type === 'error') {
      // A fatal error is told once, when the connection has ended.
      if (!event.fatal) this.#tellError(new EarwitnessError(event.code, event.message))
      return
    }
    if (event.type === 'ready') this.#beginAnew(event)
    if (event.type === 'summary') this.#summaries.came(event)
    this.#events.emit(event.type, event as never)
  }

  #tellError(error: EarwitnessError): void {
    if (error.code === 'too_many_messages') {
      this.#summaries.refuse(error)
      this.#resumption.refusedFinalize()
    }
    this.#events.emit('error', error)
  }

  #beginAnew(ready: ReadyEvent): void {
    this.#resumption.forget()
    this.#summaries.fail(this.#noSummary())
    this.#summaries.forgetLast()
    this.#begin(ready)
  }

  /** Nobody is told: for the caller it is the same stream. */
  #goOn(ready: ReadyEvent, replayFrom: number): void {
    this.#summaries.forgetLast()
    for (const sent of this.#resumption.goOn(replayFrom)) {
      if (sent.kind === 'audio') this.#socket?.sendAudio(sent.bytes)
      else this.#socket?.sendMessage({ type: 'finalize' })
    }
    this.#begin(ready)
  }

  #begin(ready: ReadyEvent): void {
    this.#ready = ready
    this.#isAcknowledged = false
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
    if (cause.code === 'resume_refused') this.#resumption.forget()
    const mayHelp = isPassing(cause) && !(this.#isClosing && this.#resumption.token === undefined)
    if (mayHelp) this.#tryAgain(cause)
    else this.#finish(cause)
  }

  /** The server is about to stop: the stream goes on at another one, or, behind the same address, at its successor. */
  #move(): void {
    const canMove = this.#resumption.token !== undefined && this.#retries.areAllowed
    if (!canMove || this.#isClosing) return
    this.#socket?.abandon()
    this.#socket = undefined
    this.#enter('reconnecting')
    this.#retries.next(() => this.#open())
  }

  #tellLoss(lost: LostAudio): void {
    // What comes after a hole is no longer the audio that the stream would go on with.
    if (this.#state === 'reconnecting') this.#resumption.forget()
    this.#events.emit('lost', lost)
    if (this.#state === 'reconnecting' && !this.#outgoing.canStartAnew) {
      this.#finish(
        new EarwitnessError('connection_lost', 'too much audio was lost, and its rest cannot be read without its head'),
      )
    }
  }

  #tryAgain(cause: EarwitnessError): void {
    const canGoOn = this.#resumption.token !== undefined
    if (!(canGoOn || this.#outgoing.canStartAnew) || this.#retries.areUsedUp) {
      this.#finish(cause)
      return
    }
    this.#socket = undefined
    if (!canGoOn) this.#summaries.fail(cause)
    this.#enter('reconnecting')
    this.#events.emit('error', cause)
    this.#retries.next(() => this.#open())
  }

  #finish(error: EarwitnessError | undefined): void {
    this.#retries.stop()
    clearTimeout(this.#closeTimer)
    this.#socket?.abandon()
    this.#socket = undefined
    if (this.#summaries.last !== undefined) this.#outcome.resolve(this.#summaries.last)
    this.#outcome.reject(error ?? this.#noSummary())
    this.#summaries.fail(error ?? this.#noSummary())
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
