/** When a broken connection is tried again. */
export interface ReconnectionPolicy {
  /** Milliseconds before the first try, at most. */
  readonly firstDelayMs: number
  /** Milliseconds between two tries, at most. */
  readonly longestDelayMs: number
  /** Tries in a row that may fail before the stream gives up. */
  readonly attempts: number
}

export const DEFAULT_RECONNECTION: ReconnectionPolicy = { firstDelayMs: 500, longestDelayMs: 15_000, attempts: 12 }

/**
 * Milliseconds to wait before try number `attempt` (from 0): doubled each time up to the longest, of which the upper
 * half is random, so that many clients of one server do not come back in step.
 */
export function reconnectionDelayMs(policy: ReconnectionPolicy, attempt: number, random = Math.random): number {
  const ceiling = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** attempt)
  return ceiling / 2 + (ceiling / 2) * random()
}
