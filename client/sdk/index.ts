export { EarwitnessError, ERROR_CODES, type ErrorCode } from '../../src/protocol/errors.ts'
export type {
  AlertEvent,
  ChannelSummary,
  ErrorEvent,
  InconclusiveReason,
  ReadyEvent,
  ScoreEvent,
  ServerEvent,
  SummaryEvent,
  Verdict,
  WarningEvent,
} from '../../src/protocol/events.ts'
export type { Encoding, StreamParameters, StreamRequest } from '../../src/protocol/parameters.ts'
export type { ReconnectionPolicy } from './back-off.ts'
export { type ConnectOptions, connect } from './connect.ts'
export type { EarwitnessStream } from './earwitness-stream.ts'
export type { SendResult } from './outgoing-audio.ts'
export type { ConnectionState, LostAudio, StreamEvents } from './stream-events.ts'
export type { Token } from './token.ts'
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'
