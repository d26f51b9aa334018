/** Messages that may come at once after a rest, in seconds of the rate. */
const BURST_SECONDS = 10

/** Counts messages against a rate: a bucket that fills with time and that each message takes from. */
export class MessageRate {
  readonly #perMs: number
  readonly #most: number
  readonly #now: () => number
  #left: number
  #lastMs: number

  /** @param now milliseconds that only go forward */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perMs = perSecond / 1000
    this.#most = perSecond * BURST_SECONDS
    this.#now = now
    this.#left = this.#most
    this.#lastMs = now()
  }

  /** False for a message that is too many. */
  take(): boolean {
    const now = this.#now()
    this.#left = Math.min(this.#most, this.#left + (now - this.#lastMs) * this.#perMs)
    this.#lastMs = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
