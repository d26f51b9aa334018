/**
 * The thread that owns the model. onnxruntime-node runs synchronously on the thread that calls it, so this one
 * does nothing else. It takes a batch's memory by transfer and gives it back with the answer.
 */
import { type MessagePort, parentPort } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Candidate } from './model-package.ts'

export interface LoadRequest {
  readonly kind: 'load'
  readonly candidate: Candidate
  readonly threads: number
  readonly input: {
    readonly tensor: string
    readonly frames: number
    readonly bins: number
    readonly lengthTensor?: string
  }
  readonly output: string
}

export interface RunRequest {
  readonly kind: 'run'
  /** float32 [rows, frames, bins], perhaps longer. Comes back with the answer. */
  readonly frames: ArrayBuffer
  /** Valid frames of each row; as many as rows. */
  readonly lengths: readonly number[]
}

/** Ends the thread when it has done what came before. Nothing else may end it: killed inside onnxruntime, it takes the process along. */
export interface CloseRequest {
  readonly kind: 'close'
}

export type WorkerRequest = LoadRequest | RunRequest | CloseRequest

export type WorkerAnswer =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'scored'; readonly output: Float32Array; readonly frames: ArrayBuffer }
  | { readonly kind: 'failed'; readonly message: string; readonly frames?: ArrayBuffer }

let loaded: { readonly session: InferenceSession; readonly request: LoadRequest } | undefined

function answer(port: MessagePort, message: WorkerAnswer, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

async function load(request: LoadRequest): Promise<WorkerAnswer> {
  const session = await InferenceSession.create(request.candidate.path, {
    executionProviders: [request.candidate.provider],
    intraOpNumThreads: request.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  })
  loaded = { session, request }
  return { kind: 'loaded' }
}

async function run(request: RunRequest): Promise<WorkerAnswer> {
  if (loaded === undefined) throw new Error('no model is loaded')
  const { input, output } = loaded.request
  const rows = request.lengths.length
  const values = new Float32Array(request.frames, 0, rows * input.frames * input.bins)
  const feeds: Record<string, Tensor> = {
    [input.tensor]: new Tensor('float32', values, [rows, input.frames, input.bins]),
  }
  if (input.lengthTensor !== undefined) {
    feeds[input.lengthTensor] = new Tensor('int64', BigInt64Array.from(request.lengths, BigInt), [rows])
  }
  const results = await loaded.session.run(feeds, [output])
  const data = results[output]?.data
  if (!(data instanceof Float32Array)) throw new Error(`the output ${output} is not float32`)
  return { kind: 'scored', output: data.slice(), frames: request.frames }
}

async function handle(port: MessagePort, request: LoadRequest | RunRequest): Promise<void> {
  const frames = request.kind === 'run' ? request.frames : undefined
  const memory = frames === undefined ? [] : [frames]
  try {
    answer(port, request.kind === 'load' ? await load(request) : await run(request), memory)
  } catch (error) {
    answer(port, { kind: 'failed', message: (error as Error).message, ...(frames && { frames }) }, memory)
  }
}

const port = parentPort
port?.on('message', (request: WorkerRequest) => {
  if (request.kind === 'close') port.close()
  else void handle(port, request)
})
