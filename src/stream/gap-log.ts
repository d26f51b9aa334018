interface Gap {
  /** Positions in samples; equal for a pause, which takes time but no samples. */
  readonly start: number
  readonly end: number
  readonly milliseconds: number
}

/** Where audio is missing in one channel, in samples at the model's rate. Forgets what is out of reach. */
export class GapLog {
  readonly #reach: number
  #gaps: Gap[] = []
  #totalMs = 0

  /** @param reach samples behind the newest gap that anyone may still ask about */
  constructor(reach: number) {
    this.#reach = reach
  }

  /** Milliseconds of all gaps since the start. */
  get totalMs(): number {
    return this.#totalMs
  }

  /** A gap that takes the samples from `start` to `end`. Neighbours become one. */
  add(start: number, end: number, milliseconds: number): void {
    this.#totalMs += milliseconds
    const last = this.#gaps.at(-1)
    const touches = last !== undefined && last.end === start && last.start < last.end && start < end
    if (touches) this.#gaps.pop()
    this.#gaps.push(
      touches
        ? { start: last.start, end, milliseconds: last.milliseconds + milliseconds }
        : { start, end, milliseconds },
    )
    while (this.#gaps[0]!.end < end - this.#reach) this.#gaps.shift()
  }

  /** Milliseconds missing between two positions. Of a gap that is partly inside, the inner part counts. */
  millisecondsWithin(start: number, end: number): number {
    const within = (gap: Gap): number => {
      if (gap.start === gap.end) return start < gap.start && gap.start <= end ? gap.milliseconds : 0
      const overlap = Math.min(end, gap.end) - Math.max(start, gap.start)
      return overlap > 0 ? (gap.milliseconds * overlap) / (gap.end - gap.start) : 0
    }
    return Math.round(this.#gaps.reduce((total, gap) => total + within(gap), 0))
  }
}
