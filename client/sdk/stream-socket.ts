import type { ClientMessage } from '../../src/protocol/client-messages.ts'
import { asEarwitnessError, EarwitnessError } from '../../src/protocol/errors.ts'
import type { ServerEvent } from '../../src/protocol/events.ts'
import { closeError } from './endings.ts'
import { parseServerEvent } from './server-events.ts'
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'

/** What one connection tells the stream that it carries. Nothing comes after `ended`. */
export interface StreamSocketHandlers {
  opened(): void
  event(event: ServerEvent): void
  /** A message of the server could not be read; the connection goes on. */
  unreadable(error: EarwitnessError): void
  /** Called exactly once. No error after a normal close (1000). */
  ended(error: EarwitnessError | undefined, wasOpen: boolean): void
}

/** Looks in a row that may find silence: at the second a `keepAlive` asks, at the next its answer is overdue. */
const SILENT_LOOKS = 2

/**
 * One connection, from its opening to its end, with a `keepAlive` whenever nothing was sent or heard for a while. A wire that
 * breaks without a word is found by silence: before the connection is open, and afterwards where the server answers `keepAlive`.
 */
export class StreamSocket {
  readonly #socket: WebSocketLike
  readonly #handlers: StreamSocketHandlers
  readonly #isAnswered: boolean
  readonly #looks: ReturnType<typeof setInterval>
  #quiet = true
  #silentLooks = 0
  #wasOpen = false
  #ended = false
  #fatal: EarwitnessError | undefined

  constructor(
    address: URL,
    protocols: readonly string[],
    Socket: WebSocketConstructor,
    { keepAliveMs, isAnswered }: { readonly keepAliveMs: number; readonly isAnswered: boolean },
    handlers: StreamSocketHandlers,
  ) {
    this.#handlers = handlers
    this.#isAnswered = isAnswered
    this.#looks = setInterval(() => this.#look(), keepAliveMs)
    this.#socket = new Socket(address.href, [...protocols])
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.addEventListener('open', () => this.#open())
    this.#socket.addEventListener('message', ({ data }) => this.#message(data))
    // Every error is followed by a close, which is where it is dealt with; `ws` throws where nobody listens.
    this.#socket.addEventListener('error', () => {})
    this.#socket.addEventListener('close', ({ code, reason }) => this.#end(code, reason))
  }

  get isOpen(): boolean {
    return !this.#ended && this.#socket.readyState === 1
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  sendAudio(bytes: Uint8Array<ArrayBuffer>): void {
    this.#send(bytes)
  }

  sendMessage(message: ClientMessage): void {
    const { parameters, ...envelope } = { parameters: undefined, ...message }
    this.#send(JSON.stringify({ ...envelope, ...parameters }))
  }

  /** Starts the closing handshake. `ended` follows. */
  close(): void {
    this.#socket.close(1000)
  }

  /** Ends it at once, whether or not the other side still answers. No handler is called any more. */
  abandon(): void {
    this.#stop()
    this.#socket.close()
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!this.isOpen) return
    this.#quiet = false
    this.#socket.send(data)
  }

  #open(): void {
    if (this.#ended) return
    this.#wasOpen = true
    this.#silentLooks = 0
    this.#handlers.opened()
  }

  #look(): void {
    this.#silentLooks += 1
    const isSilent = this.#silentLooks >= SILENT_LOOKS
    if (this.#silentLooks > SILENT_LOOKS && (this.#isAnswered || !this.#wasOpen)) this.#giveUp()
    else if (this.#quiet || isSilent) this.sendMessage({ type: 'keepAlive' })
    this.#quiet = true
  }

  #giveUp(): void {
    this.abandon()
    const error = new EarwitnessError('connection_lost', 'the server is silent; the connection counts as broken')
    this.#handlers.ended(error, this.#wasOpen)
  }

  #message(data: unknown): void {
    this.#silentLooks = 0
    if (this.#ended || typeof data !== 'string') return
    const event = this.#read(data)
    if (event === undefined) return
    if (event.type === 'error' && event.fatal) this.#fatal = new EarwitnessError(event.code, event.message)
    this.#handlers.event(event)
  }

  #read(text: string): ServerEvent | undefined {
    try {
      return parseServerEvent(text)
    } catch (thrown) {
      this.#handlers.unreadable(asEarwitnessError(thrown))
      return undefined
    }
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return
    this.#stop()
    this.#handlers.ended(this.#fatal ?? (code === 1000 ? undefined : closeError(code, reason)), this.#wasOpen)
  }

  #stop(): void {
    this.#ended = true
    clearInterval(this.#looks)
  }
}
