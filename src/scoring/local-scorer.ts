import { availableParallelism } from 'node:os'
import { EarwitnessError } from '../protocol/errors.ts'
import { BATCH_BOUNDS, type BatchBounds } from './batch-pace.ts'
import { type BatchCount, Batcher } from './batcher.ts'
import { InferenceThread } from './inference-thread.ts'
import type { ModelManifest, Provider, ProviderChoice } from './model-manifest.ts'
import { type ModelPackage, readModelPackage } from './model-package.ts'
import type { Scorer, WantedOfWindow, WindowOutcome, WindowSource } from './scorer.ts'

export interface LocalScorerOptions extends Partial<BatchBounds> {
  readonly provider?: ProviderChoice
  readonly scoringSeconds: number
  /** Threads of one inference. Without it: all cores, or one where a model goes on from the windows before. */
  readonly threads?: number
  /** Processes that share the cores. */
  readonly processes?: number
  /** Score whole windows, though the model could go on from the windows before: to compare the two. */
  readonly wholeWindows?: boolean
}

/** Scores on this machine: one worker thread with the model, one batcher for all streams. */
export class LocalScorer implements Scorer {
  readonly manifest: ModelManifest
  readonly #thread: InferenceThread
  readonly #batcher: Batcher

  private constructor(manifest: ModelManifest, thread: InferenceThread, bounds: BatchBounds) {
    this.manifest = manifest
    this.#thread = thread
    this.#batcher = new Batcher(thread.windowModel(), bounds)
  }

  /**
   * Loads a model folder. `auto` takes the first provider that loads and reproduces the golden logit; a named
   * provider is that one or an error.
   * @throws EarwitnessError `bad_model`
   */
  static async open(folder: string, options: LocalScorerOptions): Promise<LocalScorer> {
    const model = await readModelPackage(folder, options.provider ?? 'auto')
    const thread = await startFirst(model, options)
    const { maxBatch, maxWaitMs, maxBatchMs } = { ...BATCH_BOUNDS, ...options }
    return new LocalScorer(model.manifest, thread, { maxBatch, maxWaitMs, maxBatchMs })
  }

  get provider(): Provider {
    return this.#thread.candidate.provider
  }

  /** Windows that wait for the model. */
  get waiting(): number {
    return this.#batcher.waiting
  }

  get batches(): BatchCount {
    return this.#batcher.count
  }

  /** The thread that holds the model. */
  get thread(): InferenceThread {
    return this.#thread
  }

  score(channel: object, window: WindowSource, wanted?: WantedOfWindow): Promise<WindowOutcome> {
    return this.#batcher.score(channel, window, wanted)
  }

  async close(): Promise<void> {
    this.#batcher.close()
    await this.#thread.close()
  }
}

async function startFirst(model: ModelPackage, options: LocalScorerOptions): Promise<InferenceThread> {
  const { scoringSeconds, wholeWindows = false, processes = 1 } = options
  const cores = Math.max(1, Math.floor(availableParallelism() / processes))
  const failures: string[] = []
  for (const candidate of model.candidates) {
    const threads = options.threads ?? (candidate.parts && !wholeWindows ? 1 : cores)
    const thread = new InferenceThread(model, candidate, { threads, scoringSeconds, wholeWindows })
    try {
      await thread.start()
      return thread
    } catch (error) {
      await thread.close()
      failures.push((error as Error).message)
    }
  }
  throw new EarwitnessError(
    'bad_model',
    `${model.manifest.name}: no provider runs it: ${failures.map((failure) => failure.trim()).join('; ')}. docs/models.md says what each provider needs; --provider cpu needs nothing`,
  )
}
