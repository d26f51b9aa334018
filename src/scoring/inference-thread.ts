import './no-telemetry.ts'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { EarwitnessError } from '../protocol/errors.ts'
import { embeddingsIn } from './backbone-pieces.ts'
import { fakeLogitOf, outputWidth } from './fake-logit.ts'
import { goldenLogit } from './golden-logit.ts'
import { countAsHung, MOST_HUNG_THREADS, tooManyHang } from './hung-threads.ts'
import type { Step } from './incremental-inference.ts'
import { IncrementalWindows, type ScoredStep } from './incremental-windows.ts'
import type { LoadPartsRequest, LoadRequest, WorkerAnswer, WorkerRequest } from './inference-worker.ts'
import type { Candidate, ModelPackage } from './model-package.ts'
import { WholeWindows } from './whole-windows.ts'
import type { WindowModel } from './window-model.ts'

export interface InferenceOptions {
  /** Threads that one inference may use. */
  readonly threads: number
  readonly scoringSeconds: number
  /** Score whole windows, though the model could go on from the windows before: to compare the two. */
  readonly wholeWindows?: boolean
}

/** A batch on its way through the model. */
export interface Batch {
  /** float32 [rows, frames, bins]. Transferred: the memory comes back in the answer, or is lost with a dead worker. */
  readonly frames: ArrayBuffer
  readonly lengths: readonly number[]
}

export interface ScoredBatch {
  readonly fakeLogits: readonly number[]
  readonly frames: ArrayBuffer
}

const CLOSE: WorkerRequest = { kind: 'close' }

type Settle = { resolve(answer: WorkerAnswer): void; reject(error: EarwitnessError): void }

/**
 * One worker thread with one model, one request at a time. A worker that dies or hangs fails the request that it
 * held; the next request starts a new one.
 */
export class InferenceThread {
  readonly candidate: Candidate
  readonly #model: ModelPackage
  readonly #options: InferenceOptions
  #worker: Worker | undefined
  #pending: Settle | undefined
  /** Settles with the newest request; never rejects. */
  #asked: Promise<unknown> = Promise.resolve()
  #restarts = -1
  #parts = false
  #isProven = false

  constructor(model: ModelPackage, candidate: Candidate, options: InferenceOptions) {
    this.#model = model
    this.candidate = candidate
    this.#options = options
  }

  /** How often a worker had to be replaced. */
  get restarts(): number {
    return Math.max(0, this.#restarts)
  }

  /** The running thread, for those who must end it. */
  get worker(): Worker | undefined {
    return this.#worker
  }

  /** Whether the model goes on from the windows before. */
  get isIncremental(): boolean {
    return this.#parts
  }

  /**
   * Loads the model and scores its golden window; then, where it has them, loads its parts in its place, and scores the
   * same window in two hops.
   * @throws EarwitnessError `bad_model` if the provider does not load or a logit is not the golden one.
   */
  async start(): Promise<void> {
    await this.#prove()
    const { manifest } = this.#model
    if (this.candidate.parts !== undefined && manifest.incremental !== undefined && !this.#options.wholeWindows) {
      this.#parts = true
      await this.#prove(() => this.#ask(this.#loadRequest()))
    }
    this.#isProven = true
  }

  /** How this thread takes windows, once it has started. */
  windowModel(): WindowModel {
    const { manifest } = this.#model
    return this.#parts && manifest.incremental !== undefined
      ? new IncrementalWindows(manifest, manifest.incremental, (step) => this.step(step))
      : new WholeWindows(manifest, (batch) => this.run(batch))
  }

  async #prove(load?: () => Promise<unknown>): Promise<void> {
    const { golden, input, frontend } = this.#model.manifest
    const frames = this.#model.goldenFrames.length / frontend.melBins
    try {
      await load?.()
      const ends = this.#parts ? [input.leastFrames, frames] : [frames]
      const fakeLogit = await goldenLogit(this.windowModel(), this.#model, ends)
      if (Math.abs(fakeLogit - golden.fakeLogit) <= this.candidate.tolerance) return
      const how = this.#parts ? 'in two hops ' : ''
      throw new Error(
        `the golden window's fake logit ${how}is ${fakeLogit}, not ${golden.fakeLogit} ± ${this.candidate.tolerance}`,
      )
    } catch (cause) {
      throw new EarwitnessError('bad_model', `${this.candidate.provider}: ${(cause as Error).message}`, { cause })
    }
  }

  /** @throws EarwitnessError `inference_failed` or `inference_timeout`; never a number that is not finite. */
  async run(batch: Batch): Promise<ScoredBatch> {
    if (this.#worker === undefined) await this.#replaceWorker()
    const answer = await this.#ask({ kind: 'run', ...batch }, [batch.frames])
    if (answer.kind !== 'scored') throw new EarwitnessError('inference_failed', 'the worker gave no scores')
    return { fakeLogits: this.#fakeLogits(answer.output, batch.lengths.length), frames: answer.frames }
  }

  /** The same for windows of which a part is known. @throws as `run` */
  async step(step: Step): Promise<ScoredStep> {
    if (this.#worker === undefined) await this.#replaceWorker()
    const answer = await this.#ask({ kind: 'step', ...step }, [step.frames, step.embeddings])
    if (answer.kind !== 'stepped') throw new EarwitnessError('inference_failed', 'the worker gave no scores')
    const { output, evidence, frames, embeddings } = answer
    const fakeLogits = this.#fakeLogits(output, step.valid.length)
    return { fakeLogits, ...(evidence && { fakeEvidence: this.#towardsFake(evidence) }), frames, embeddings }
  }

  #fakeLogits(values: Float32Array, rows: number): number[] {
    const { output } = this.#model.manifest
    const width = outputWidth(output)
    return Array.from({ length: rows }, (_, row) =>
      fakeLogitOf(values.subarray(row * width, (row + 1) * width), output),
    )
  }

  #towardsFake(evidence: Float32Array): Float32Array {
    return this.#model.manifest.output.fake === 'negative' ? evidence.map((value) => -value) : evidence
  }

  /** Waits for what runs, which is answered, then ends the thread. */
  async close(): Promise<void> {
    await this.#asked
    const worker = this.#worker
    if (worker === undefined) return
    const ended = once(worker, 'exit')
    worker.postMessage(CLOSE)
    await ended
  }

  /** In the place of one that was lost. It proves itself too, since the file may have changed on the disk meanwhile. */
  async #replaceWorker(): Promise<void> {
    if (!this.#isProven) return this.#startWorker()
    try {
      await this.#startWorker()
      await this.#prove()
    } catch (cause) {
      const message = `a new worker cannot take the model from the disk any more: ${(cause as Error).message}`
      if (this.#worker !== undefined) this.#lose(this.#worker, message)
      throw new EarwitnessError('inference_failed', message, { cause })
    }
  }

  async #startWorker(): Promise<void> {
    if (tooManyHang.aborted) {
      throw new EarwitnessError(
        'inference_failed',
        `${MOST_HUNG_THREADS} inferences hang; the process must be restarted`,
      )
    }
    // The worker is always the built file: Node 20 cannot start a thread from TypeScript.
    // A worker inherits Node's options, such as --cpu-prof, and refuses this one of them.
    const inherits = !process.execArgv.some((word) => word.startsWith('--input-type'))
    const file = createRequire(import.meta.url).resolve('#inference-worker')
    const worker = new Worker(file, inherits ? {} : { execArgv: [] })
    this.#worker = worker
    this.#restarts += 1
    worker.on('message', (answer: WorkerAnswer) => this.#hear(worker, answer))
    worker.on('error', (cause) => this.#lose(worker, `the worker failed: ${cause.message}`))
    worker.on('exit', (code) => this.#lose(worker, `the worker ended with code ${code}`))
    await this.#ask(this.#loadRequest())
  }

  #loadRequest(): LoadRequest | LoadPartsRequest {
    const { input, output, frontend, incremental } = this.#model.manifest
    if (this.#parts && incremental !== undefined) {
      const embeddings = embeddingsIn(input.frames, incremental)
      const description = { incremental, bins: frontend.melBins, embeddings }
      return { kind: 'load-parts', candidate: this.candidate, threads: this.#options.threads, description }
    }
    return {
      kind: 'load',
      candidate: this.candidate,
      threads: this.#options.threads,
      input: {
        tensor: input.tensor,
        frames: input.frames,
        bins: frontend.melBins,
        ...(input.padding === 'length' && input.lengthTensor !== undefined && { lengthTensor: input.lengthTensor }),
      },
      output: { tensor: output.tensor, width: outputWidth(output) },
    }
  }

  async #ask(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<WorkerAnswer> {
    const worker = this.#worker!
    const { scoringSeconds } = this.#options
    const timer = setTimeout(() => {
      const timeout = new EarwitnessError('inference_timeout', `no answer within ${scoringSeconds} s`)
      this.#settle((pending) => pending.reject(timeout))
      countAsHung(worker)
      this.#lose(worker, 'the worker hung')
    }, scoringSeconds * 1000)
    const answered = new Promise<WorkerAnswer>((resolve, reject) => {
      this.#pending = { resolve, reject }
      worker.postMessage(request, transfer)
    }).finally(() => clearTimeout(timer))
    this.#asked = answered.catch(() => {})
    const answer = await answered
    if (answer.kind === 'failed') throw new EarwitnessError('inference_failed', answer.message)
    return answer
  }

  /** What a worker says that was given up no longer matters. */
  #hear(worker: Worker, answer: WorkerAnswer): void {
    if (this.#worker === worker) this.#settle((pending) => pending.resolve(answer))
  }

  #settle(how: (pending: Settle) => void): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending !== undefined) how(pending)
  }

  #lose(worker: Worker, message: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    // A hung worker cannot be ended; it must not keep the process alive, and ends by itself if it ever returns.
    worker.postMessage(CLOSE)
    worker.unref()
    this.#settle((pending) => pending.reject(new EarwitnessError('inference_failed', message)))
  }
}
