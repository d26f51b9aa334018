/** One HTTP request that is not an upgrade. */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly remoteAddress: string
  /** Says that nobody waits for the answer any more: it is out, or the client went away. */
  readonly gone: AbortSignal
  /**
   * Reads the body, which is left in the network until then: who may not send one costs no memory. Empty for GET and HEAD.
   * @throws EarwitnessError `body_too_large`; `connection_lost` where the client went away
   */
  body(): Promise<Uint8Array>
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** A client that asks for a WebSocket. */
export interface UpgradeRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly remoteAddress: string
}

/** `sent`: handed to the network; `queued`: behind others; `refused`: it would pass `outgoingBytes`, and was dropped. */
export type SendResult = 'sent' | 'queued' | 'refused'

/** An open WebSocket as the server above sees it, whatever carries it. */
export interface Connection {
  send(text: string): SendResult
  /** Starts the closing handshake. The reason is cut to 123 bytes. */
  close(code: number, reason: string): void
  /** Stops and goes on reading from the network; false where this transport cannot. */
  pause(): boolean
  resume(): void
}

/** What the server above does with a connection. Bytes are valid during the call. */
export interface ConnectionHandlers {
  audio(bytes: Uint8Array): void
  text(message: string): void
  /** A ping or pong came; the transport has answered it. */
  control(): void
  /** Called exactly once, however the connection ended. */
  closed(code: number): void
}

export type UpgradeAnswer =
  | {
      readonly accept: (connection: Connection) => ConnectionHandlers
      /** The subprotocol to answer with. */
      readonly protocol?: string
    }
  | { readonly refuse: HttpResponse }

/** The server above the sockets. */
export interface TransportApplication {
  http(request: HttpRequest): Promise<HttpResponse>
  /**
   * Finds out who asks, which takes a moment. The decision is made by the call that it gives, at once before the
   * socket opens, so that two who ask together are both counted.
   */
  upgrade(request: UpgradeRequest): Promise<() => UpgradeAnswer>
}

/** Files in PEM. */
export interface TlsFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface TransportOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Whether other processes of this program listen on the same port. */
  readonly shared?: boolean
  readonly tls?: TlsFiles
  readonly limits: {
    readonly messageBytes: number
    readonly bodyBytes: number
    readonly outgoingBytes: number
    readonly handshakeSeconds: number
    readonly requestSeconds: number
    readonly connections: number
  }
}

/** A listening server. */
export interface Listening {
  readonly port: number
  /** Stops accepting; open connections go on. */
  stopAccepting(): void
  /** Takes the certificate as it is now; undefined where only a restart does. @throws where it does not fit its key */
  readonly reloadTls?: () => void
  /** Closes what is left and frees the port. */
  close(): Promise<void>
}

/** The port between the program and what carries its bytes. */
export type Transport = (application: TransportApplication, options: TransportOptions) => Promise<Listening>
