/** Seconds by which audio may lag behind the clock more than before without being called a pause: jitter and buffering. */
const LEAST_PAUSE_SECONDS = 2

/** Compares the audio that came with the time that passed. Only watches: no score depends on it. */
export class PauseMeter {
  #startMs: number | undefined
  #lagSeconds = 0

  /** Says, when audio arrives after `seconds` of audio before it, how many milliseconds the sender had paused. */
  arrived(nowMs: number, seconds: number): number {
    this.#startMs ??= nowMs
    const lag = (nowMs - this.#startMs) / 1000 - seconds
    const pause = lag - this.#lagSeconds
    if (pause < LEAST_PAUSE_SECONDS) return 0
    this.#lagSeconds = lag
    return Math.round(pause * 1000)
  }

  /** How far the audio is ahead of the clock, pauses left out. */
  aheadSeconds(nowMs: number, seconds: number): number {
    return seconds + this.#lagSeconds - (nowMs - (this.#startMs ?? nowMs)) / 1000
  }
}
