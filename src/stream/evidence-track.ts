import type { ScoreEvent } from '../protocol/events.ts'

/** A run of the audio that speaks for fake: seconds of the stream, and what it adds to the logit of a window that holds it. */
export interface EvidenceRun {
  readonly start: number
  readonly end: number
  readonly fakeEvidence: number
}

/** Of a logit. */
const DECIMALS = 4

/** What a track goes on from. */
export interface EvidenceState {
  readonly step: number
  /** Stretch, sum and windows of each. */
  readonly pending: readonly (readonly [number, number, number])[]
  readonly settled: Search
}

type Stretches = NonNullable<ScoreEvent['evidence']>

/**
 * The evidence of all windows, stretch by stretch: each has the mean of what the windows that held it said of it. Finds the
 * run of stretches with the largest sum (Kadane's algorithm), which is where a fake in human speech most likely lies.
 * Holds the stretches of one window.
 */
export class EvidenceTrack {
  readonly #pending = new Map<number, { sum: number; windows: number }>()
  #step = 1
  /** Of the stretches that no window to come holds. */
  #settled: Search = { running: NOTHING, best: NOTHING }

  save(): EvidenceState {
    const pending = Array.from(this.#pending, ([stretch, { sum, windows }]) => [stretch, sum, windows] as const)
    return { step: this.#step, pending, settled: this.#settled }
  }

  restore({ step, pending, settled }: EvidenceState): void {
    this.#step = step
    this.#settled = settled
    for (const [stretch, sum, windows] of pending) this.#pending.set(stretch, { sum, windows })
  }

  /** Takes the stretches of the newest window. */
  push({ start, step, fakeEvidence }: Stretches): void {
    this.#step = step
    const first = Math.round(start / step)
    for (const [stretch, { sum, windows }] of this.#pending) {
      if (stretch >= first) break
      this.#settled = extended(this.#settled, stretch, sum / windows)
      this.#pending.delete(stretch)
    }
    for (const [index, value] of fakeEvidence.entries()) {
      const before = this.#pending.get(first + index) ?? { sum: 0, windows: 0 }
      this.#pending.set(first + index, { sum: before.sum + value, windows: before.windows + 1 })
    }
  }

  /** The strongest run of the stream so far; undefined if nothing speaks for fake. */
  strongest(): EvidenceRun | undefined {
    return this.#inSeconds(this.#upToNow(this.#settled).best)
  }

  /** The strongest of the runs that reach into the newest window, however far back they began. */
  strongestNow(): EvidenceRun | undefined {
    return this.#inSeconds(this.#upToNow({ running: this.#settled.running, best: NOTHING }).best)
  }

  #upToNow(search: Search): Search {
    let found = search
    for (const [stretch, { sum, windows }] of this.#pending) found = extended(found, stretch, sum / windows)
    return found
  }

  #inSeconds({ first, end, sum }: Run): EvidenceRun | undefined {
    if (sum <= 0) return undefined
    return { start: first * this.#step, end: end * this.#step, fakeEvidence: Number(sum.toFixed(DECIMALS)) }
  }
}

/** Stretches from `first` up to `end`, which is not one of them. */
export interface Run {
  readonly first: number
  readonly end: number
  readonly sum: number
}

export interface Search {
  /** The strongest run that ends with the newest stretch. */
  readonly running: Run
  readonly best: Run
}

const NOTHING: Run = { first: 0, end: 0, sum: 0 }

/** One stretch further. Stretches that no window judged add nothing, and do not part a run. */
function extended({ running, best }: Search, stretch: number, value: number): Search {
  const { first, sum } = running.sum > 0 ? running : { first: stretch, sum: 0 }
  const longer = { first, end: stretch + 1, sum: sum + value }
  return { running: longer, best: longer.sum > best.sum ? longer : best }
}
