/** What a program that runs earwitness inside of itself needs. The client SDK is `earwitness/client`. */
export { EarwitnessError, ERROR_CODES, type ErrorCode } from './protocol/errors.ts'
export {
  type AlertEvent,
  type ChannelSummary,
  type ErrorEvent,
  type InconclusiveReason,
  type ReadyEvent,
  type ScoreEvent,
  type ServerEvent,
  ServerEventSchema,
  type SummaryEvent,
  type Verdict,
  type WarningEvent,
} from './protocol/events.ts'
export { DEFAULT_LIMITS, type Limits } from './protocol/limits.ts'
export {
  type Encoding,
  parseStreamParameters,
  type StreamParameters,
  type StreamRequest,
} from './protocol/parameters.ts'
export { WARNING_CODES, type WarningCode } from './protocol/warnings.ts'
export type { Provider, ProviderChoice } from './scoring/model-manifest.ts'
export { type RunningServer, type ServeOptions, serve, type TransportName } from './server/serve.ts'
