import type { EVENT_TYPES } from '../../src/protocol/parameters.ts'
import {
  bytesPerSecond,
  isResumable,
  parseStreamParameters,
  type StreamRequest,
} from '../../src/protocol/parameters.ts'
import { streamAddress } from './address.ts'
import { DEFAULT_RECONNECTION, type ReconnectionPolicy } from './back-off.ts'
import { EarwitnessStream } from './earwitness-stream.ts'
import type { Token } from './token.ts'
import { type WebSocketConstructor, webSocketClass } from './web-socket.ts'

const COMPRESSED_BUFFER_BYTES = 1024 * 1024
/** A window of 10.24 s, what its frames and filters reach beyond it, and what comes until it has been scored. */
const HISTORY_SECONDS = 12

export interface ConnectOptions {
  /** The class to connect with. Needed on Node 20, where `ws` gives one; elsewhere the platform's own is the default. */
  readonly WebSocket?: WebSocketConstructor
  /** The key or token that lets in, or what gives one: it is asked before each connection, for a token ends soon. */
  readonly token?: Token
  /** Subprotocols to offer besides. */
  readonly protocols?: readonly string[]
  /** How a broken connection is tried again: 12 times in a row, after 0.5 to 15 s. `false`: never. */
  readonly reconnection?: Partial<ReconnectionPolicy> | false
  /**
   * Milliseconds after which `keepAlive` is sent where nothing was sent or heard. Default 3 s; servers close a stream after 30 s. Two to
   * three times as long without a word from the server, and a connection that can be resumed is given up for another.
   */
  readonly keepAliveMs?: number
  /** Milliseconds without any event after which `close` gives up waiting for the summary. Default 15 s. */
  readonly closeTimeoutMs?: number
  /** Seconds of audio (of Opus: 1 MiB) that may wait while nothing is connected. Default 10 s. */
  readonly bufferSeconds?: number
}

/**
 * Opens a stream to an earwitness server: `const stream = connect('ws://localhost:8080', { sampleRate: 48_000 })`.
 * Audio may be sent at once; it waits for the connection. `url` may be http(s) or ws(s), and without a path it means
 * `/v1/stream`. Errors after this call come as `error` events.
 * @throws EarwitnessError `bad_parameter` for a parameter, an address or a platform that cannot work.
 */
export function connect(
  url: string | URL,
  request: StreamRequest = {},
  options: ConnectOptions = {},
): EarwitnessStream {
  const { reconnection = {}, bufferSeconds = 10 } = options
  const parameters = parseStreamParameters(resumable(withSummary(request), reconnection !== false))
  const pace = bytesPerSecond(parameters)
  const bytesIn = (seconds: number): number => (pace === undefined ? COMPRESSED_BUFFER_BYTES : seconds * pace)
  return new EarwitnessStream({
    address: streamAddress(url),
    protocols: options.protocols ?? [],
    token: options.token,
    parameters,
    Socket: webSocketClass(options.WebSocket),
    reconnection:
      reconnection === false ? { ...DEFAULT_RECONNECTION, attempts: 0 } : { ...DEFAULT_RECONNECTION, ...reconnection },
    keepAliveMs: options.keepAliveMs ?? 3_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 15_000,
    bufferBytes: bytesIn(bufferSeconds),
    historyBytes: bytesIn(HISTORY_SECONDS),
  })
}

/** Whatever can be resumed is, where it may reconnect at all and the caller says nothing else. */
function resumable(request: StreamRequest, reconnects: boolean): StreamRequest {
  return { resume: reconnects && isResumable(request.encoding ?? 's16le'), ...request }
}

/** `close` needs the summary, whatever else is wanted. */
function withSummary(request: StreamRequest): StreamRequest {
  const { events } = request
  if (events === undefined || events.includes('summary')) return request
  const summary: (typeof EVENT_TYPES)[number] = 'summary'
  return { ...request, events: [...events, summary] }
}
