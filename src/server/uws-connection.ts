import type { WebSocket, WebSocketBehavior } from 'uWebSockets.js'
import { closeReason } from './close-reason.ts'
import type { Connection, ConnectionHandlers, SendResult, TransportOptions } from './transport.ts'
import { closeReasonOf, errorEventText, messageTooLarge } from './transport-errors.ts'

/** uWebSockets.js drops a socket without a word at its own limit, so messages up to this many times ours are received. */
const TOLD_FACTOR = 4
/** What its `send` answers where the message would pass `maxBackpressure`. */
const DROPPED = 2

/** What an accepted upgrade carries from the request to the open socket. */
export interface UwsPeer {
  readonly accept: (connection: Connection) => ConnectionHandlers
  connection?: UwsConnection
}

/** How uWebSockets.js treats the sockets of one server; the caller adds `upgrade`. */
export function uwsBehaviour({ messageBytes, outgoingBytes }: TransportOptions['limits']): WebSocketBehavior<UwsPeer> {
  return {
    maxPayloadLength: messageBytes * TOLD_FACTOR,
    maxBackpressure: outgoingBytes,
    idleTimeout: 0,
    sendPingsAutomatically: false,
    open: (socket) => {
      const peer = socket.getUserData()
      peer.connection = new UwsConnection(socket)
      peer.connection.begin(peer.accept)
    },
    message: (socket, message, isBinary) => {
      const { connection } = socket.getUserData()
      if (message.byteLength > messageBytes) connection?.refuse(messageBytes)
      else connection?.receive(message, isBinary)
    },
    ping: (socket) => socket.getUserData().connection?.control(),
    pong: (socket) => socket.getUserData().connection?.control(),
    close: (socket, code) => socket.getUserData().connection?.closed(code),
  }
}

/** A connection over uWebSockets.js, whose sockets must not be touched after their end. */
class UwsConnection implements Connection {
  #handlers: ConnectionHandlers | undefined
  #socket: WebSocket<UwsPeer> | undefined
  #closedWith: number | undefined

  constructor(socket: WebSocket<UwsPeer>) {
    this.#socket = socket
  }

  /** A stream may fail while it is accepted, and its socket ends inside that call: its handlers hear of it afterwards. */
  begin(accept: UwsPeer['accept']): void {
    this.#handlers = accept(this)
    if (this.#closedWith !== undefined) this.#handlers.closed(this.#closedWith)
  }

  send(text: string): SendResult {
    if (this.#socket === undefined) return 'sent'
    const sent = this.#socket.send(text)
    if (sent === DROPPED) return 'refused'
    return sent === 1 ? 'sent' : 'queued'
  }

  close(code: number, reason: string): void {
    this.#socket?.end(code, closeReason(reason))
  }

  pause(): boolean {
    return false
  }

  resume(): void {}

  /** @param message dead after this call */
  receive(message: ArrayBuffer, isBinary: boolean): void {
    if (isBinary) this.#handlers?.audio(new Uint8Array(message))
    else this.#handlers?.text(Buffer.from(message).toString('utf8'))
  }

  control(): void {
    this.#handlers?.control()
  }

  refuse(messageBytes: number): void {
    const error = messageTooLarge(messageBytes)
    this.send(errorEventText(error))
    const { code, reason } = closeReasonOf(error)
    this.close(code, reason)
  }

  closed(code: number): void {
    this.#socket = undefined
    this.#closedWith = code
    this.#handlers?.closed(code)
  }
}
