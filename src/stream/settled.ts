import { asEarwitnessError, type EarwitnessError } from '../protocol/errors.ts'
import type { InconclusiveReason } from '../protocol/events.ts'
import type { WindowOutcome } from '../scoring/scorer.ts'

/** What became of a window. */
export type Settled =
  | WindowOutcome
  | { readonly kind: 'inconclusive'; readonly reason: InconclusiveReason }
  | { readonly kind: 'failed'; readonly error: EarwitnessError }

/** An outcome that never rejects: it may stand unheard while the windows before it are told of. */
export async function settle(outcome: Promise<WindowOutcome>): Promise<Settled> {
  try {
    return await outcome
  } catch (error) {
    return { kind: 'failed', error: asEarwitnessError(error) }
  }
}
