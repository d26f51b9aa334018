import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A WebSocket client that does only what it is told: it answers no ping, reads nothing, and may break every rule. */
export class RawSocket {
  readonly socket: Socket
  readonly closed: Promise<unknown>

  constructor(port: number) {
    this.socket = createConnection(port, '127.0.0.1').on('error', () => {})
    this.closed = new Promise((resolve) => this.socket.once('close', resolve))
  }

  /** Upgraded, with the head of the server's answer. */
  static async open(port: number, headers = ''): Promise<{ raw: RawSocket; head: string }> {
    const raw = new RawSocket(port)
    raw.socket.write(
      'GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${headers}\r\n`,
    )
    const [head] = (await once(raw.socket, 'data')) as [Buffer]
    return { raw, head: String(head) }
  }

  /** @param bits of the first byte beside the opcode: 0x80 the last of its message, 0x40 compressed */
  frame(opcode: number, payload: Uint8Array = new Uint8Array(0), bits = 0x80): boolean {
    return this.socket.write(maskedFrame(opcode, payload, bits))
  }
}

/** Masked with zeros, which leaves the payload as it is. */
export function maskedFrame(opcode: number, payload: Uint8Array, bits: number): Buffer {
  const long = payload.length > 125
  const header = Buffer.alloc(long ? 8 : 6)
  header[0] = bits | opcode
  header[1] = 0x80 | (long ? 126 : payload.length)
  if (long) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}
