/** Seconds of audio for which the probability must stand high before an alert is raised. */
const LEAST_SECONDS = 1

export interface AlertChange {
  readonly state: 'raised' | 'cleared'
  readonly onset: number
}

/** A stretch of one channel under alert, in seconds; `end` is null while it lasts. */
export interface AlertStretch {
  readonly start: number
  readonly end: number | null
  readonly peakFakeProbability: number
}

/** What alerts go on from. */
export interface AlertMemory {
  readonly stretches: readonly AlertStretch[]
  readonly forgotten: number
  readonly onset: number | null
  readonly peak: number
  readonly raised: boolean
}

/** Raises an alert when the smoothed probability has stood at `raise` for long enough, clears it below `clear`. */
export class AlertState {
  readonly #raise: number
  readonly #clear: number
  readonly #mostStretches: number
  #stretches: AlertStretch[] = []
  #forgotten = 0
  #onset: number | undefined
  #peak = 0
  #raised = false

  /** @param mostStretches cleared alerts that are kept: of more, the oldest are forgotten */
  constructor(thresholds: { raise: number; clear: number }, mostStretches = Number.POSITIVE_INFINITY) {
    this.#raise = thresholds.raise
    this.#clear = thresholds.clear
    this.#mostStretches = mostStretches
  }

  /** How many alerts were forgotten. */
  get forgotten(): number {
    return this.#forgotten
  }

  save(): AlertMemory {
    return {
      stretches: this.#stretches,
      forgotten: this.#forgotten,
      onset: this.#onset ?? null,
      peak: this.#peak,
      raised: this.#raised,
    }
  }

  restore({ stretches, forgotten, onset, peak, raised }: AlertMemory): void {
    this.#stretches = [...stretches]
    this.#forgotten = forgotten
    this.#onset = onset ?? undefined
    this.#peak = peak
    this.#raised = raised
  }

  /**
   * Takes the smoothed probability at the end of a window; says if the alert changed. The probability stands high only some time
   * after a fake began: `begun` says when that was, where evidence tells it, and is asked when an alert is raised.
   */
  push(
    fakeProbability: number,
    seconds: number,
    begun: () => number | undefined = () => undefined,
  ): AlertChange | undefined {
    if (this.#raised) return fakeProbability < this.#clear ? this.#clearAt(seconds) : this.#go(fakeProbability)
    if (fakeProbability < this.#raise) {
      this.#forget()
      return undefined
    }
    this.#onset ??= seconds
    this.#peak = Math.max(this.#peak, fakeProbability)
    if (seconds - this.#onset < LEAST_SECONDS) return undefined
    this.#raised = true
    this.#onset = Math.max(this.#stretches.at(-1)?.end ?? 0, Math.min(this.#onset, begun() ?? this.#onset))
    return { state: 'raised', onset: this.#onset }
  }

  /** All stretches that are kept, the running one last. */
  stretches(): AlertStretch[] {
    if (!this.#raised) return [...this.#stretches]
    return [...this.#stretches, { start: this.#onset!, end: null, peakFakeProbability: this.#peak }]
  }

  #go(fakeProbability: number): undefined {
    this.#peak = Math.max(this.#peak, fakeProbability)
  }

  #clearAt(seconds: number): AlertChange {
    const onset = this.#onset!
    this.#stretches = [...this.#stretches, { start: onset, end: seconds, peakFakeProbability: this.#peak }]
    this.#boundStretches()
    this.#raised = false
    this.#forget()
    return { state: 'cleared', onset }
  }

  #boundStretches(): void {
    const surplus = Math.max(0, this.#stretches.length - this.#mostStretches)
    if (surplus > 0) this.#stretches = this.#stretches.slice(surplus)
    this.#forgotten += surplus
  }

  #forget(): void {
    this.#onset = undefined
    this.#peak = 0
  }
}
