/** Seconds by which audio may lag behind the clock more than before without being called a pause: jitter and buffering. */
const LEAST_PAUSE_SECONDS = 2
/** Seconds of audio a second, above which a sender catches up with the clock after an interruption. */
const CATCHING_UP_PACE = 1.5
/** Seconds over which that pace is measured. */
const PACE_SECONDS = 1

/** A moment, and how far the audio lagged behind the clock then. */
interface Lag {
  readonly atMs: number
  readonly seconds: number
}

/** Compares the audio that came with the time that passed. Only watches: no score depends on it. */
export class PauseMeter {
  readonly #resumedAhead: number | undefined
  #startMs: number | undefined
  #lagSeconds = 0
  /** While a resumed stream catches up: what its pace is measured from. */
  #burst: Lag | undefined

  /**
   * @param resumedAhead seconds that the audio was ahead of the clock when it was interrupted: what waited since then comes in a
   * burst, whose sender neither paused nor ran further ahead
   */
  constructor(resumedAhead?: number) {
    this.#resumedAhead = resumedAhead
  }

  /** Says, when audio arrives after `seconds` of audio before it, how many milliseconds the sender had paused. */
  arrived(nowMs: number, seconds: number): number {
    const isFirst = this.#startMs === undefined
    this.#startMs ??= nowMs
    const lag = (nowMs - this.#startMs) / 1000 - seconds
    if (isFirst && this.#resumedAhead !== undefined) this.#burst = { atMs: nowMs, seconds: lag }
    if (this.#burst !== undefined) this.#follow(this.#burst, { atMs: nowMs, seconds: lag })
    const pause = lag - this.#lagSeconds
    if (pause < LEAST_PAUSE_SECONDS) return 0
    this.#lagSeconds = lag
    return Math.round(pause * 1000)
  }

  /** How far the audio is ahead of the clock, pauses left out; without end while it catches up. */
  aheadSeconds(nowMs: number, seconds: number): number {
    if (this.#burst !== undefined) return Number.POSITIVE_INFINITY
    return seconds + this.#lagSeconds - (nowMs - (this.#startMs ?? nowMs)) / 1000
  }

  /** What a resumed stream begins with. */
  save(nowMs: number, seconds: number): number {
    return this.#burst === undefined ? this.aheadSeconds(nowMs, seconds) : (this.#resumedAhead ?? 0)
  }

  /** Until its end, a burst sets the clock anew. */
  #follow(from: Lag, now: Lag): void {
    this.#lagSeconds = now.seconds + (this.#resumedAhead ?? 0)
    const passed = (now.atMs - from.atMs) / 1000
    if (passed < PACE_SECONDS) return
    const pace = 1 + (from.seconds - now.seconds) / passed
    this.#burst = pace > CATCHING_UP_PACE ? now : undefined
  }
}
