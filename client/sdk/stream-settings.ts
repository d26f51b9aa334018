import type { StreamParameters } from '../../src/protocol/parameters.ts'
import type { ReconnectionPolicy } from './back-off.ts'
import type { Token } from './token.ts'
import type { WebSocketConstructor } from './web-socket.ts'

/** Everything that a stream needs, complete and checked; `connect` makes it. */
export interface StreamSettings {
  readonly address: URL
  readonly protocols: readonly string[]
  readonly token: Token | undefined
  readonly parameters: StreamParameters
  readonly Socket: WebSocketConstructor
  readonly reconnection: ReconnectionPolicy
  readonly keepAliveMs: number
  readonly closeTimeoutMs: number
  readonly bufferBytes: number
  /** Bytes of audio before the newest score that are kept for a resumption. */
  readonly historyBytes: number
}
