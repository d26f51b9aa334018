interface Gap {
  /** Positions in samples; equal for a pause, which takes time but no samples. */
  readonly start: number
  readonly end: number
  readonly milliseconds: number
}

/** Pauses within reach that are told apart. Of more, the oldest two become one: a sender that sends little pauses often. */
const MOST_PAUSES = 16

/** What a log goes on from, where the gaps within reach are heard again: they have samples, pauses have none. */
export interface GapState {
  readonly totalMs: number
  readonly pauses: readonly { readonly at: number; readonly milliseconds: number }[]
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
    this.#forgetBefore(end - this.#reach)
  }

  /** A pause after so many samples, perhaps before gaps that are known already. */
  addPause(position: number, milliseconds: number): void {
    this.#totalMs += milliseconds
    const before = this.#gaps.filter(({ end }) => end <= position)
    const pause = { start: position, end: position, milliseconds }
    this.#gaps = [...before, pause, ...this.#gaps.slice(before.length)]
    this.#forgetBefore(position - this.#reach)
    this.#boundPauses()
  }

  save(): GapState {
    const pauses = this.#gaps.filter(isPause).map(({ start, milliseconds }) => ({ at: start, milliseconds }))
    return { totalMs: this.#totalMs, pauses }
  }

  /** Knows the pauses, before anything is heard again. */
  restorePauses({ pauses }: GapState): void {
    this.#gaps = pauses.map(({ at, milliseconds }) => ({ start: at, end: at, milliseconds }))
  }

  /** Counts from here on, once everything has been heard again. */
  restoreTotal({ totalMs }: GapState): void {
    this.#totalMs = totalMs
  }

  #forgetBefore(position: number): void {
    while (this.#gaps[0]!.end < position) this.#gaps.shift()
  }

  #boundPauses(): void {
    const [oldest, next, ...others] = this.#gaps.filter(isPause)
    if (oldest === undefined || next === undefined || others.length + 2 <= MOST_PAUSES) return
    const both = { ...next, milliseconds: oldest.milliseconds + next.milliseconds }
    this.#gaps = this.#gaps.filter((gap) => gap !== oldest).map((gap) => (gap === next ? both : gap))
  }

  /** Milliseconds missing between two positions. Of a gap that is partly inside, the inner part counts. */
  millisecondsWithin(start: number, end: number): number {
    const within = (gap: Gap): number => {
      if (isPause(gap)) return start < gap.start && gap.start <= end ? gap.milliseconds : 0
      const overlap = Math.min(end, gap.end) - Math.max(start, gap.start)
      return overlap > 0 ? (gap.milliseconds * overlap) / (gap.end - gap.start) : 0
    }
    return Math.round(this.#gaps.reduce((total, gap) => total + within(gap), 0))
  }
}

function isPause({ start, end }: Gap): boolean {
  return start === end
}
