import type { ScoreEvent } from '../sdk/index.ts'

/** A stretch of time on the chart, in seconds. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/** The scores of the last while, as columns for a chart. Older ones go; memory is bounded by the span and the hop. */
export class ScoreHistory {
  readonly seconds: number[] = []
  readonly smoothed: (number | null)[] = []
  readonly windows: (number | null)[] = []
  /** Stretches that were heard and not judged. */
  readonly unjudged: Stretch[] = []
  readonly #spanSeconds: number
  #hop = 0

  constructor(spanSeconds: number) {
    this.#spanSeconds = spanSeconds
  }

  get end(): number {
    return this.seconds.at(-1) ?? 0
  }

  get lastSmoothed(): number | null {
    return this.smoothed.at(-1) ?? null
  }

  /** @param at seconds on the chart's own clock; a step back or a long step forth leaves a hole in the lines. */
  add(score: ScoreEvent, at: number, hop: number): void {
    this.#hop = hop
    if (this.seconds.length > 0 && at - this.end > 3 * hop) this.#append(this.end + hop, null, null)
    this.#append(at, score.fakeProbability, score.windowFakeProbability)
    if (score.verdict === 'inconclusive') this.#extendUnjudged(at)
    this.#forget(at - this.#spanSeconds - hop)
  }

  clear(): void {
    for (const column of [this.seconds, this.smoothed, this.windows, this.unjudged]) column.length = 0
  }

  #append(at: number, smoothed: number | null, window: number | null): void {
    this.seconds.push(at)
    this.smoothed.push(smoothed)
    this.windows.push(window)
  }

  #extendUnjudged(at: number): void {
    const last = this.unjudged.at(-1)
    const start = Math.max(0, at - this.#hop)
    if (last === undefined || start > last.end + this.#hop / 2) this.unjudged.push({ start, end: at })
    else this.unjudged[this.unjudged.length - 1] = { start: last.start, end: at }
  }

  #forget(before: number): void {
    while (this.seconds.length > 0 && this.seconds[0] < before) {
      for (const column of [this.seconds, this.smoothed, this.windows]) column.shift()
    }
    while (this.unjudged.length > 0 && this.unjudged[0].end < before) this.unjudged.shift()
  }
}
