/** Seconds by which audio may lag behind the clock more than before without being called a pause: jitter and buffering. */
const LEAST_PAUSE_SECONDS = 2
/** Seconds of audio a second, above which a sender catches up with the clock after an interruption. */
const CATCHING_UP_PACE = 1.5
/** Seconds over which that pace is measured. */
const PACE_SECONDS = 1

/** That the sender had paused, and after how many seconds of audio. */
export interface Pause {
  readonly milliseconds: number
  readonly afterSeconds: number
}

/** How far the audio had come, and how far it was ahead of the clock, in seconds. */
interface Interrupted {
  readonly seconds: number
  readonly aheadSeconds: number
}

/** A moment, and how far the audio lagged behind the clock then. */
interface Lag {
  readonly atMs: number
  readonly seconds: number
}

/** Audio that came late: after a pause, or held up on its way with more close behind. */
interface Late {
  readonly afterSeconds: number
  /** The least lag since then, in seconds. */
  readonly least: number
  /** What its pace is measured from. */
  readonly from: Lag
}

/** Compares the audio that came with the time that passed. Only watches: no score depends on it. */
export class PauseMeter {
  readonly #resumed: Interrupted | undefined
  #startMs: number | undefined
  #lagSeconds = 0
  /** While a resumed stream catches up: what its pace is measured from. */
  #burst: Lag | undefined
  #late: Late | undefined

  /** @param resumed where the audio was interrupted: what waited since then comes in a burst, whose sender neither paused nor ran further ahead */
  constructor(resumed?: Interrupted) {
    this.#resumed = resumed
  }

  /** Audio arrives after `seconds` of audio before it. Says so, once it is clear, that the sender had paused. */
  arrived(nowMs: number, seconds: number): Pause | undefined {
    const isFirst = this.#startMs === undefined
    this.#startMs ??= nowMs
    const now = { atMs: nowMs, seconds: (nowMs - this.#startMs) / 1000 - seconds }
    if (isFirst && this.#resumed !== undefined) this.#burst = now
    if (this.#burst !== undefined) {
      this.#follow(this.#burst, now)
      return undefined
    }
    const pause = this.#late && this.#wait(this.#late, now)
    if (this.#late === undefined) this.#late = this.#lateAfter(seconds, now)
    return pause
  }

  /** The end of the audio: nothing more can come to make up for a pause. */
  end(): Pause | undefined {
    return this.#late && this.#pauseBefore(this.#late)
  }

  /** How far the audio is ahead of the clock, pauses left out; without end while it catches up, or may. */
  aheadSeconds(nowMs: number, seconds: number): number {
    const catchesUp = this.#burst !== undefined || this.#late !== undefined
    return catchesUp ? Number.POSITIVE_INFINITY : this.#ahead(nowMs, seconds)
  }

  /** What a resumed stream begins with. */
  save(nowMs: number, seconds: number): number {
    return this.#burst === undefined ? this.#ahead(nowMs, seconds) : (this.#resumed?.aheadSeconds ?? 0)
  }

  #ahead(nowMs: number, seconds: number): number {
    return seconds + this.#lagSeconds - (nowMs - (this.#startMs ?? nowMs)) / 1000
  }

  #isLate(lagSeconds: number): boolean {
    return lagSeconds - this.#lagSeconds >= LEAST_PAUSE_SECONDS
  }

  /** Until its end, a burst sets the clock anew. The audio may have been late before it. */
  #follow(from: Lag, now: Lag): void {
    const { seconds, aheadSeconds } = this.#resumed ?? { seconds: 0, aheadSeconds: 0 }
    this.#lagSeconds = now.seconds + aheadSeconds
    if (!hasPace(from, now)) return
    this.#burst = isCatchingUp(from, now) ? now : undefined
    if (this.#burst === undefined) this.#late = this.#lateAfter(seconds, now)
  }

  #lateAfter(afterSeconds: number, from: Lag): Late | undefined {
    return this.#isLate(from.seconds) ? { afterSeconds, least: from.seconds, from } : undefined
  }

  /** A network that held audio up delivers it all at once; after a pause audio goes on at its own pace. */
  #wait({ afterSeconds, least, from }: Late, now: Lag): Pause | undefined {
    const late = { afterSeconds, least: Math.min(least, now.seconds), from: hasPace(from, now) ? now : from }
    this.#late = this.#isLate(late.least) ? late : undefined
    const isPause = this.#late !== undefined && hasPace(from, now) && !isCatchingUp(from, now)
    return isPause ? this.#pauseBefore(late) : undefined
  }

  #pauseBefore({ afterSeconds, least }: Late): Pause {
    const milliseconds = Math.round((least - this.#lagSeconds) * 1000)
    this.#lagSeconds = least
    this.#late = undefined
    return { milliseconds, afterSeconds }
  }
}

function hasPace(from: Lag, now: Lag): boolean {
  return now.atMs - from.atMs >= PACE_SECONDS * 1000
}

function isCatchingUp(from: Lag, now: Lag): boolean {
  return 1 + ((from.seconds - now.seconds) * 1000) / (now.atMs - from.atMs) > CATCHING_UP_PACE
}
