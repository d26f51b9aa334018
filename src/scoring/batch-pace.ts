export interface BatchBounds {
  /** Windows in a batch. */
  readonly maxBatch: number
  /** Milliseconds that the first window of a batch waits for company. */
  readonly maxWaitMs: number
  /** Milliseconds that a batch of more than one window may take: it answers when its last window is done. */
  readonly maxBatchMs: number
}

export const BATCH_BOUNDS: BatchBounds = { maxBatch: 16, maxWaitMs: 16, maxBatchMs: 100 }

/** How much of what is known the newest arrival, or the newest batch, makes up. */
const NEWEST_ARRIVAL = 1 / 16
const NEWEST_BATCH = 1 / 8
/** Pauses count as so many times the longest wait at most: a quiet night is soon forgotten. */
const LONGEST_INTERVAL = 4

/** How large batches may be and how long they wait, by how often windows come and how long the model takes. */
export class BatchPace {
  readonly #bounds: BatchBounds
  #arrivedMs: number | undefined
  #intervalMs: number | undefined
  #windowMs: number | undefined

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds
  }

  /** Windows in the next batch at most. The first batch is of one: nothing is known yet of a model that may take a second each. */
  get most(): number {
    const { maxBatch, maxBatchMs } = this.#bounds
    if (this.#windowMs === undefined) return 1
    return Math.max(1, Math.min(maxBatch, Math.floor(maxBatchMs / this.#windowMs)))
  }

  /** How long the first window of a batch waits: not at all unless another is likely to come meanwhile. */
  get waitMs(): number {
    const { maxWaitMs } = this.#bounds
    return this.#intervalMs !== undefined && this.#intervalMs <= maxWaitMs ? maxWaitMs : 0
  }

  /** A window came. */
  arrived(nowMs: number): void {
    if (this.#arrivedMs !== undefined) {
      const interval = Math.min(nowMs - this.#arrivedMs, LONGEST_INTERVAL * this.#bounds.maxWaitMs)
      this.#intervalMs = moved(this.#intervalMs, interval, NEWEST_ARRIVAL)
    }
    this.#arrivedMs = nowMs
  }

  /** A batch was scored. */
  took(windows: number, milliseconds: number): void {
    this.#windowMs = moved(this.#windowMs, milliseconds / windows, NEWEST_BATCH)
  }
}

/** A mean that forgets: moved by a share of the way to the newest value. */
function moved(mean: number | undefined, newest: number, share: number): number {
  return mean === undefined ? newest : mean + share * (newest - mean)
}
