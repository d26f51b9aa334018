import { WebSocket } from 'ws'
import { closeReason } from './close-reason.ts'
import type { Connection, ConnectionHandlers, SendResult } from './transport.ts'
import { closeReasonOf, errorEventText, messageTooLarge, notUtf8 } from './transport-errors.ts'

const TOO_LARGE = 1009
const BAD_TEXT = 1007

/**
 * A `ws` socket that tells its client why before `ws` itself closes it for a message too large (noticed at its
 * header, before its bytes are read) or a text that is no UTF-8.
 */
export function tellingSocketClass(messageBytes: number): typeof WebSocket {
  return class TellingSocket extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      const known = code === TOO_LARGE ? messageTooLarge(messageBytes) : code === BAD_TEXT ? notUtf8() : undefined
      if (known === undefined || reason !== undefined || this.readyState !== WebSocket.OPEN) {
        super.close(code, reason)
        return
      }
      this.send(errorEventText(known))
      super.close(code, closeReason(closeReasonOf(known).reason))
    }
  }
}

/** A connection over `ws`. */
export class WsConnection implements Connection {
  readonly #socket: WebSocket
  readonly #outgoingBytes: number

  constructor(socket: WebSocket, accept: (connection: Connection) => ConnectionHandlers, outgoingBytes: number) {
    this.#socket = socket
    this.#outgoingBytes = outgoingBytes
    // `ws` closes after an error of its own; the `close` event says the rest.
    socket.on('error', () => {})
    const handlers = accept(this)
    socket.on('message', (data: Buffer, isBinary) => {
      if (socket.readyState !== WebSocket.OPEN) return
      // No Buffer, whose `slice` would not copy.
      if (isBinary) handlers.audio(new Uint8Array(data.buffer, data.byteOffset, data.length))
      else handlers.text(data.toString('utf8'))
    })
    socket.on('ping', (data) => {
      this.#answer(data)
      handlers.control()
    })
    socket.on('pong', () => handlers.control())
    socket.on('close', (code) => handlers.closed(code))
  }

  send(text: string): SendResult {
    const socket = this.#socket
    if (socket.readyState !== WebSocket.OPEN) return 'sent'
    const queued = socket.bufferedAmount
    if (queued + Buffer.byteLength(text) > this.#outgoingBytes) return 'refused'
    socket.send(text)
    return queued === 0 ? 'sent' : 'queued'
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, closeReason(reason))
  }

  /** Answers nobody who does not read the answers. */
  #answer(ping: Buffer): void {
    const socket = this.#socket
    if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < this.#outgoingBytes) socket.pong(ping)
  }

  pause(): boolean {
    this.#socket.pause()
    return true
  }

  resume(): void {
    this.#socket.resume()
  }
}
