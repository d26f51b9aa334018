import { once } from 'node:events'
import { WebSocket } from 'ws'
import { errorAnswer, text } from '../../src/server/http-answers.ts'
import type {
  Connection,
  HttpRequest,
  HttpResponse,
  Listening,
  SendResult,
  Transport,
  TransportApplication,
  TransportOptions,
  UpgradeAnswer,
  UpgradeRequest,
} from '../../src/server/transport.ts'

export const LIMITS: TransportOptions['limits'] = {
  messageBytes: 100_000,
  bodyBytes: 50_000,
  outgoingBytes: 64 * 1024,
  handshakeSeconds: 1,
  requestSeconds: 2,
  connections: 500,
}

/** The server's side of one connection. */
export class Peer {
  readonly audio: Uint8Array[] = []
  readonly texts: string[] = []
  readonly closes: number[] = []
  /** When pings and pongs came. */
  readonly controls: number[] = []
  readonly connection: Connection
  #wake = (): void => {}

  constructor(connection: Connection) {
    this.connection = connection
  }

  heard(note: () => void): void {
    note()
    this.#wake()
  }

  async until(condition: (peer: Peer) => boolean): Promise<this> {
    while (!condition(this)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this
  }

  /** Sends until the transport refuses; what it answered on the way. */
  fill(): Set<SendResult> {
    const answers = new Set<SendResult>()
    const block = 'x'.repeat(16 * 1024)
    for (let sent = 0; sent < 10_000 && !answers.has('refused'); sent += 1) answers.add(this.connection.send(block))
    return answers
  }
}

/** A real server over the transport under test, whose application notes all that arrives. */
export class ProbeServer implements TransportApplication {
  readonly requests: HttpRequest[] = []
  readonly bodies: Uint8Array[] = []
  readonly upgrades: UpgradeRequest[] = []
  readonly #peers: Peer[] = []
  readonly #clients: WebSocket[] = []
  #listening: Listening | undefined

  static async start(transport: Transport, port = 0): Promise<ProbeServer> {
    const server = new ProbeServer()
    server.#listening = await transport(server, { host: '127.0.0.1', port, limits: LIMITS })
    return server
  }

  get port(): number {
    return this.#listening!.port
  }

  stopAccepting(): void {
    this.#listening!.stopAccepting()
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.terminate()
    await this.#listening!.close()
  }

  async http(request: HttpRequest): Promise<HttpResponse> {
    if (request.path === '/unread') return text('not wanted', undefined, 401)
    try {
      this.bodies.push(await request.body())
    } catch (thrown) {
      return errorAnswer(thrown)
    }
    this.requests.push(request)
    return text(`${request.method} ${request.path}`)
  }

  async upgrade(request: UpgradeRequest): Promise<() => UpgradeAnswer> {
    this.upgrades.push(request)
    return () => this.#decide(request)
  }

  #decide(request: UpgradeRequest): UpgradeAnswer {
    if (request.path === '/refused') {
      return { refuse: { status: 503, headers: { 'retry-after': '7' }, body: '{"code":"too_many_streams"}' } }
    }
    return {
      accept: (connection) => {
        const peer = new Peer(connection)
        this.#peers.push(peer)
        if (request.path === '/closed-at-once') connection.close(1008, 'no')
        return {
          audio: (bytes) => peer.heard(() => peer.audio.push(new Uint8Array(bytes))),
          text: (message) => peer.heard(() => peer.texts.push(message)),
          control: () => peer.heard(() => peer.controls.push(performance.now())),
          closed: (code) => peer.heard(() => peer.closes.push(code)),
        }
      },
    }
  }

  /** The server's sides of all connections so far. */
  get peers(): readonly Peer[] {
    return this.#peers
  }

  /** A client and the server's side of its connection. */
  async connect(): Promise<{ client: WebSocket; peer: Peer }> {
    const client = new WebSocket(`ws://127.0.0.1:${this.port}/any`)
    this.#clients.push(client)
    client.on('error', () => {})
    await once(client, 'open')
    return { client, peer: this.#peers.at(-1)! }
  }
}
