import { EarwitnessError } from '../protocol/errors.ts'
import { type BatchBounds, BatchPace } from './batch-pace.ts'
import type { ScoredWindow, WantedOfWindow, WindowOutcome, WindowSource } from './scorer.ts'
import type { WaitingWindow, WindowModel } from './window-model.ts'

/** Batches that were given to a model, and the windows in them. */
export interface BatchCount {
  readonly batches: number
  readonly windows: number
}

interface Waiting extends WaitingWindow {
  /** Since when its channel has been waiting, whichever of its windows. */
  readonly sinceMs: number
  resolve(outcome: WindowOutcome): void
  reject(error: unknown): void
}

/**
 * Collects the windows of all channels into batches, in the order in which channels came. A channel that comes
 * again while it waits has its window replaced where it stands, so none starves and what waits is bounded by the
 * number of channels.
 */
export class Batcher {
  readonly #model: WindowModel
  readonly #pace: BatchPace
  /** In the order of their turns: a key that is set again keeps its place. */
  readonly #waiting = new Map<object, Waiting>()
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #running = false
  /** Whether a window that waits is wanted at once. */
  #inHaste = false
  #closed = false
  #count: BatchCount = { batches: 0, windows: 0 }

  constructor(model: WindowModel, bounds: BatchBounds) {
    this.#model = model
    this.#pace = new BatchPace(bounds)
  }

  /** Windows that wait for the model. */
  get waiting(): number {
    return this.#waiting.size
  }

  get count(): BatchCount {
    return this.#count
  }

  score(channel: object, source: WindowSource, wanted: WantedOfWindow = {}): Promise<WindowOutcome> {
    if (this.#closed) return Promise.reject(closedError())
    const { evidence: wantsEvidence = false, atOnce = false } = wanted
    return new Promise((resolve, reject) => {
      const nowMs = performance.now()
      this.#pace.arrived(nowMs)
      const before = this.#waiting.get(channel)
      before?.resolve({ kind: 'superseded' })
      this.#waiting.set(channel, {
        channel,
        source,
        end: source.count,
        wantsEvidence,
        sinceMs: before?.sinceMs ?? nowMs,
        resolve,
        reject,
      })
      this.#inHaste ||= atOnce
      this.#runWhenDue()
    })
  }

  /** Fails what waits; what runs may end. */
  close(): void {
    this.#closed = true
    this.#stopTimers()
    for (const window of this.#waiting.values()) window.reject(closedError())
    this.#waiting.clear()
  }

  /** A batch that need not wait still takes in what comes in the same turn: all channels of a message. */
  #runWhenDue(): void {
    if (this.#running || this.#waiting.size === 0) return
    this.#stopTimers()
    if (this.#waiting.size >= this.#pace.most) void this.#run()
    else if (this.#inHaste || this.#restMs() <= 0) this.#immediate = setImmediate(() => void this.#run())
    else this.#timer = setTimeout(() => void this.#run(), this.#restMs())
  }

  /** How much longer the first window waits for company. */
  #restMs(): number {
    const [first] = this.#waiting.values()
    return first!.sinceMs + this.#pace.waitMs - performance.now()
  }

  #stopTimers(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }

  async #run(): Promise<void> {
    this.#running = true
    await this.#score(this.#nextBatch())
    this.#running = false
    this.#runWhenDue()
  }

  #nextBatch(): Waiting[] {
    const batch = [...this.#waiting.values()].slice(0, this.#pace.most)
    for (const { channel } of batch) this.#waiting.delete(channel)
    this.#inHaste &&= this.#waiting.size > 0
    return batch
  }

  async #score(batch: readonly Waiting[]): Promise<void> {
    this.#count = { batches: this.#count.batches + 1, windows: this.#count.windows + batch.length }
    try {
      const startedMs = performance.now()
      const scored = await this.#model.score(batch)
      this.#pace.took(batch.length, performance.now() - startedMs)
      for (const [place, window] of batch.entries()) settle(window, scored[place])
    } catch (error) {
      for (const window of batch) window.reject(error)
    }
  }
}

function closedError(): EarwitnessError {
  return new EarwitnessError('draining', 'the scorer is closed')
}

/** A logit that is not a finite number is a failure, not a score. */
function settle(window: Waiting, scored: ScoredWindow | undefined): void {
  if (scored === undefined) window.resolve({ kind: 'superseded' })
  else if (allFinite(scored)) window.resolve({ kind: 'scored', ...scored })
  else {
    const why = `the model gave ${scored.fakeLogit}, which is not a finite number`
    window.reject(new EarwitnessError('inference_failed', why))
  }
}

function allFinite({ fakeLogit, evidence }: ScoredWindow): boolean {
  return Number.isFinite(fakeLogit) && (evidence === undefined || evidence.fakeEvidence.every(Number.isFinite))
}
