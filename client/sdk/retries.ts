import { type ReconnectionPolicy, reconnectionDelayMs } from './back-off.ts'

/** The tries in a row at another connection: how many have failed, and when the next one is due. Holds one timer. */
export class Retries {
  readonly #policy: ReconnectionPolicy
  #failed = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(policy: ReconnectionPolicy) {
    this.#policy = policy
  }

  get areAllowed(): boolean {
    return this.#policy.attempts > 0
  }

  get areUsedUp(): boolean {
    return this.#failed >= this.#policy.attempts
  }

  /** The next break is the first one again. */
  forget(): void {
    this.#failed = 0
  }

  /** Calls `open` after the delay of this try. */
  next(open: () => void): void {
    this.afterMs(reconnectionDelayMs(this.#policy, this.#failed), open)
    this.#failed += 1
  }

  afterMs(delayMs: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, delayMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
