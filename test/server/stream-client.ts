import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import * as v from 'valibot'
import { WebSocket } from 'ws'
import { type ServerEvent, ServerEventSchema } from '../../src/protocol/events.ts'

type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { type: Type }>

/** A WebSocket client that keeps every event, each checked against the schema. */
export class StreamClient {
  readonly socket: WebSocket
  readonly events: ServerEvent[] = []
  receivedBytes = 0
  readonly closed: Promise<{ code: number; reason: string }>

  constructor(port: number, query: Record<string, string | number | boolean> = {}) {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?${search}`)
    this.socket.on('error', () => {})
    this.socket.on('message', (data) => {
      this.receivedBytes += Buffer.byteLength(String(data))
      this.events.push(v.parse(ServerEventSchema, JSON.parse(String(data))))
    })
    this.closed = once(this.socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  }

  /** An open client. */
  static async open(port: number, query?: Record<string, string | number | boolean>): Promise<StreamClient> {
    const client = new StreamClient(port, query)
    await once(client.socket, 'open')
    return client
  }

  send(...messages: readonly (Uint8Array | string)[]): this {
    for (const message of messages) this.socket.send(message)
    return this
  }

  /** Ends the audio and waits for the end of the connection. */
  async finish(): Promise<ServerEvent[]> {
    this.send(JSON.stringify({ type: 'close' }))
    await this.closed
    return this.events
  }

  of<Type extends ServerEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type)
  }

  /** The first event of this type, now or later. */
  async first<Type extends ServerEvent['type']>(type: Type): Promise<EventOf<Type>> {
    for (;;) {
      const [event] = this.of(type)
      if (event !== undefined) return event
      await once(this.socket, 'message')
    }
  }
}

/** Status and body of a refused upgrade. */
export async function refusal(client: StreamClient): Promise<{ status: number; body: unknown }> {
  const [, response] = (await once(client.socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const body = Buffer.concat(await response.toArray()).toString()
  return { status: response.statusCode ?? 0, body: JSON.parse(body) }
}

/** The value of one line of `/metrics`; its name with its labels, if it has any. */
export async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}
