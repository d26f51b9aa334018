import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { ScoreEvent, ServerEvent } from '../../protocol/events.ts'
import { PACKET_SAMPLES } from './packets.ts'

const PACKET_MS = 20
const MODEL_RATE = 16_000
/** A window that ends at sample E is due with sample E + 863: its last frame is centred on E − 160 and reaches 1024 samples on. */
const LOOK_AHEAD_SAMPLES = 864

/** A score event as it came in. Times in milliseconds. */
export interface Heard {
  readonly event: ScoreEvent
  /** Of audio that had been sent. */
  readonly audioMs: number
  /** Since the packet was sent with whose last sample the window came due. */
  readonly afterDue: number
  /** Since the packet was sent that holds the window's last sample. */
  readonly afterEnd: number
}

/** One client that sends 20 ms of audio every 20 ms by the clock, over and over, and notes when events come. */
export class LiveClient {
  readonly heard: Heard[] = []
  readonly errors: string[] = []
  /** How late packets went out, in milliseconds: what the load generator itself did wrong. */
  readonly lateness: number[] = []
  readonly #socket: WebSocket
  readonly #packets: readonly Uint8Array[]
  readonly #first: number
  readonly #sentAt: number[] = []
  #startAt = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(socket: WebSocket, packets: readonly Uint8Array[], first: number) {
    this.#socket = socket
    this.#packets = packets
    this.#first = first
    socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as ServerEvent))
    socket.on('error', (error) => this.errors.push(error.message))
    socket.on('close', (code) => {
      clearTimeout(this.#timer)
      if (code !== 1000) this.errors.push(`closed with ${code}`)
    })
  }

  /** @param first the packet to begin with */
  static async open(url: string, packets: readonly Uint8Array[], first: number): Promise<LiveClient> {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const client = new LiveClient(socket, packets, first)
    await once(socket, 'open')
    return client
  }

  /** @param at on the clock of `performance.now()` */
  start(at: number): void {
    this.#startAt = at
    this.#sendDue()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async close(): Promise<void> {
    this.stop()
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.#socket, 'close')
    this.#socket.send('{"type":"close"}')
    await closed
  }

  #sendDue(): void {
    for (;;) {
      const due = this.#startAt + (this.#sentAt.length + 1) * PACKET_MS
      const now = performance.now()
      if (now < due) {
        this.#timer = setTimeout(() => this.#sendDue(), due - now)
        return
      }
      this.lateness.push(now - due)
      this.#socket.send(this.#packets[(this.#first + this.#sentAt.length) % this.#packets.length]!)
      this.#sentAt.push(now)
    }
  }

  #hear(event: ServerEvent): void {
    const now = performance.now()
    if (event.type === 'error') this.errors.push(`${event.code}: ${event.message}`)
    if (event.type !== 'score' || this.#timer === undefined) return
    const end = Math.round(event.end * MODEL_RATE)
    const afterDue = now - this.#sentWith(end + LOOK_AHEAD_SAMPLES - 1)
    const afterEnd = now - this.#sentWith(end - 1)
    this.heard.push({ event, audioMs: this.#sentAt.length * PACKET_MS, afterDue, afterEnd })
  }

  #sentWith(sample: number): number {
    return this.#sentAt[Math.floor(sample / PACKET_SAMPLES)] ?? Number.NaN
  }
}
