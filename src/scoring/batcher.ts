import { EarwitnessError } from '../protocol/errors.ts'
import type { ScoredWindow, WantedOfWindow, WindowOutcome, WindowSource } from './scorer.ts'
import type { WindowBatch, WindowModel } from './window-batch.ts'

export interface BatcherOptions {
  /** Windows in a batch. */
  readonly maxBatch: number
  /** Milliseconds that the first window of a batch waits for company. */
  readonly maxWaitMs: number
}

interface Row {
  readonly channel: object
  resolve(outcome: WindowOutcome): void
  reject(error: unknown): void
}

interface OpenBatch {
  readonly windows: WindowBatch
  readonly rows: Row[]
}

/**
 * Collects the windows of all channels into batches, in the order in which channels came. A channel that comes
 * again while it waits has its window replaced where it stands, so none starves and what waits is bounded by the
 * number of channels.
 */
export class Batcher {
  readonly #model: WindowModel
  readonly #options: BatcherOptions
  readonly #waiting: OpenBatch[] = []
  readonly #places = new Map<object, { batch: OpenBatch; index: number }>()
  #timer: NodeJS.Timeout | undefined
  #running = false
  #closed = false

  constructor(model: WindowModel, options: BatcherOptions) {
    this.#model = model
    this.#options = options
  }

  /** Windows that wait for the model. */
  get waiting(): number {
    return this.#places.size
  }

  score(channel: object, window: WindowSource, wanted?: WantedOfWindow): Promise<WindowOutcome> {
    if (this.#closed) return Promise.reject(new EarwitnessError('draining', 'the scorer is closed'))
    return new Promise((resolve, reject) => {
      const { batch, index } = this.#places.get(channel) ?? this.#newPlace(channel)
      batch.rows[index]?.resolve({ kind: 'superseded' })
      batch.windows.put(index, channel, window, wanted)
      batch.rows[index] = { channel, resolve, reject }
      this.#dispatchSoon()
    })
  }

  /** Fails what waits; what runs may end. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    const error = new EarwitnessError('draining', 'the scorer is closed')
    for (const batch of this.#waiting.splice(0)) for (const row of batch.rows) row.reject(error)
    this.#places.clear()
  }

  #newPlace(channel: object): { batch: OpenBatch; index: number } {
    let batch = this.#waiting.at(-1)
    if (batch === undefined || batch.rows.length >= this.#options.maxBatch) {
      batch = { windows: this.#model.openBatch(), rows: [] }
      this.#waiting.push(batch)
    }
    const place = { batch, index: batch.rows.length }
    this.#places.set(channel, place)
    return place
  }

  #dispatchSoon(): void {
    if (this.#running || this.#waiting.length === 0) return
    if (this.#waiting[0]!.rows.length >= this.#options.maxBatch) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      void this.#dispatch()
      return
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#dispatch()
    }, this.#options.maxWaitMs)
  }

  /** One batch after another until nothing waits: what came while the model was busy has waited long enough. */
  async #dispatch(): Promise<void> {
    this.#running = true
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      for (const row of batch.rows) this.#places.delete(row.channel)
      await this.#runBatch(batch)
    }
    this.#running = false
  }

  async #runBatch({ windows, rows }: OpenBatch): Promise<void> {
    try {
      const scored = await windows.run()
      for (const [index, row] of rows.entries()) settle(row, scored[index])
    } catch (error) {
      for (const row of rows) row.reject(error)
    }
  }
}

/** A logit that is not a finite number is a failure, not a score. */
function settle(row: Row, scored: ScoredWindow | undefined): void {
  if (scored === undefined) row.resolve({ kind: 'superseded' })
  else if (allFinite(scored)) row.resolve({ kind: 'scored', ...scored })
  else {
    const why = `the model gave ${scored.fakeLogit}, which is not a finite number`
    row.reject(new EarwitnessError('inference_failed', why))
  }
}

function allFinite({ fakeLogit, evidence }: ScoredWindow): boolean {
  return Number.isFinite(fakeLogit) && (evidence === undefined || evidence.fakeEvidence.every(Number.isFinite))
}
