import type { EarwitnessError } from '../../src/protocol/errors.ts'
import type { AckEvent, DrainingEvent, ServerEvent } from '../../src/protocol/events.ts'

/**
 * `connecting` until the first `ready`; `open` while audio goes out; `reconnecting` while a broken connection is
 * waited for or tried again; `closed` at the end, for good.
 */
export type ConnectionState = 'connecting' | 'open' | 'reconnecting' | 'closed'

/** Audio that was given to `send` and never left. */
export interface LostAudio {
  readonly bytes: number
  /** Null for Opus, whose bytes do not tell their time. */
  readonly seconds: number | null
}

type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { type: Type }>

/** What can be listened to, and what its listeners get. */
export interface StreamEvents {
  readonly ready: EventOf<'ready'>
  readonly score: EventOf<'score'>
  readonly alert: EventOf<'alert'>
  readonly warning: EventOf<'warning'>
  readonly summary: EventOf<'summary'>
  /** Every error. The stream's `state` says what it led to: `open` (it goes on), `reconnecting` or `closed`. */
  readonly error: EarwitnessError
  /** Each of the above as the server sent it, and its errors, fatal ones included. What a resumed stream tells again is left out. */
  readonly event: Exclude<ServerEvent, AckEvent | DrainingEvent>
  readonly state: ConnectionState
  readonly lost: LostAudio
}
