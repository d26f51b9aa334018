// What a program needs that runs a server of its own, or speaks its protocol. The client is `earwitness/client`.
export { type ClientMessage, parseClientMessage } from './protocol/client-messages.ts'
export { EarwitnessError, ERROR_CODES, type ErrorCode } from './protocol/errors.ts'
export {
  type AlertEvent,
  AlertSchema,
  type ChannelSummary,
  ChannelSummarySchema,
  type ErrorEvent,
  ErrorSchema,
  INCONCLUSIVE_REASONS,
  type InconclusiveReason,
  type ReadyEvent,
  ReadySchema,
  type ScoreEvent,
  ScoreSchema,
  type ServerEvent,
  ServerEventSchema,
  type SummaryEvent,
  SummarySchema,
  VERDICTS,
  type Verdict,
  type WarningEvent,
  WarningSchema,
} from './protocol/events.ts'
export { DEFAULT_LIMITS, type Limit, type LimitName, type Limits } from './protocol/limits.ts'
export {
  ENCODINGS,
  type Encoding,
  EVENT_TYPES,
  parseStreamParameters,
  parseStreamQuery,
  type StreamParameters,
  StreamParametersSchema,
  type StreamRequest,
} from './protocol/parameters.ts'
export { WARNING_CODES, type WarningCode } from './protocol/warnings.ts'
export type { ProviderChoice } from './scoring/model-manifest.ts'
export { type RunningServer, type ServeOptions, serve, type TransportName } from './server/serve.ts'
