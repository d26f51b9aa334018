/**
 * The thread that owns the model. onnxruntime-node runs synchronously on the thread that calls it, so this one
 * does nothing else. It takes a batch's memory by transfer and gives it back with the answer.
 */
import { type MessagePort, parentPort } from 'node:worker_threads'
import { IncrementalInference, type PartsDescription, type Step, type SteppedBatch } from './incremental-inference.ts'
import type { Candidate } from './model-package.ts'
import { InferenceSession, Tensor } from './onnxruntime.ts'
import { sessionOptions } from './session-options.ts'

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
  readonly output: {
    readonly tensor: string
    /** Values in a row. */
    readonly width: number
  }
}

/** Loads the candidate's parts, in the place of whatever was loaded. */
export interface LoadPartsRequest {
  readonly kind: 'load-parts'
  readonly candidate: Candidate
  readonly threads: number
  readonly description: PartsDescription
}

export interface StepRequest extends Step {
  readonly kind: 'step'
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

type AnsweredRequest = LoadRequest | LoadPartsRequest | RunRequest | StepRequest

export type WorkerRequest = AnsweredRequest | CloseRequest

export type WorkerAnswer =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'scored'; readonly output: Float32Array; readonly frames: ArrayBuffer }
  | ({ readonly kind: 'stepped' } & SteppedBatch)
  | { readonly kind: 'failed'; readonly message: string }

interface Loaded {
  readonly session: InferenceSession
  readonly request: LoadRequest
  /** True of a file that was exported for a batch of one: its windows go through it one by one. */
  readonly isOneByOne: boolean
}

let loaded: Loaded | undefined
let parts: IncrementalInference | undefined

async function load(request: LoadRequest): Promise<WorkerAnswer> {
  const { candidate, threads } = request
  const session = await InferenceSession.create(candidate.path, sessionOptions(candidate.provider, threads))
  const face = session.inputMetadata.find(({ name }) => name === request.input.tensor)
  loaded = { session, request, isOneByOne: face?.isTensor === true && face.shape[0] === 1 }
  return { kind: 'loaded' }
}

async function loadParts({ candidate, threads, description }: LoadPartsRequest): Promise<WorkerAnswer> {
  if (candidate.parts === undefined) throw new Error('the model has no parts')
  await loaded?.session.release()
  loaded = undefined
  parts = await IncrementalInference.load(candidate.parts, sessionOptions(candidate.provider, threads), description)
  return { kind: 'loaded' }
}

async function step(request: StepRequest): Promise<WorkerAnswer> {
  if (parts === undefined) throw new Error('no parts of a model are loaded')
  return { kind: 'stepped', ...(await parts.run(request)) }
}

async function run({ frames, lengths }: RunRequest): Promise<WorkerAnswer> {
  if (loaded === undefined) throw new Error('no model is loaded')
  const { input, output } = loaded.request
  const most = loaded.isOneByOne ? 1 : lengths.length
  const values = new Float32Array(lengths.length * output.width)
  const window = input.frames * input.bins
  for (let row = 0; row < lengths.length; row += most) {
    const windows = new Float32Array(frames, Float32Array.BYTES_PER_ELEMENT * row * window, most * window)
    values.set(await outputOf(loaded, windows, lengths.slice(row, row + most)), row * output.width)
  }
  return { kind: 'scored', output: values, frames }
}

/** float32 [lengths, width] of windows float32 [lengths, frames, bins]. */
async function outputOf({ session, request }: Loaded, windows: Float32Array, lengths: readonly number[]) {
  const { input, output } = request
  const rows = lengths.length
  const feeds: Record<string, Tensor> = {
    [input.tensor]: new Tensor('float32', windows, [rows, input.frames, input.bins]),
  }
  if (input.lengthTensor !== undefined) {
    feeds[input.lengthTensor] = new Tensor('int64', BigInt64Array.from(lengths, BigInt), [rows])
  }
  const data = (await session.run(feeds, [output.tensor]))[output.tensor]?.data
  if (!(data instanceof Float32Array)) throw new Error(`the output ${output.tensor} is not float32`)
  if (data.length !== rows * output.width) {
    throw new Error(`the output ${output.tensor} holds ${data.length} values for ${rows} × ${output.width}`)
  }
  return data
}

function answerTo(request: AnsweredRequest): Promise<WorkerAnswer> {
  switch (request.kind) {
    case 'load':
      return load(request)
    case 'load-parts':
      return loadParts(request)
    case 'run':
      return run(request)
    case 'step':
      return step(request)
  }
}

async function handle(port: MessagePort, request: AnsweredRequest): Promise<void> {
  try {
    const answer = await answerTo(request)
    port.postMessage(answer, memoryOf(answer))
  } catch (error) {
    port.postMessage({ kind: 'failed', message: (error as Error).message })
  }
}

/** What goes back by transfer. */
function memoryOf(answer: WorkerAnswer): ArrayBuffer[] {
  if (answer.kind === 'scored') return [answer.frames]
  if (answer.kind !== 'stepped') return []
  const { frames, embeddings, evidence } = answer
  return evidence === undefined ? [frames, embeddings] : [frames, embeddings, evidence.buffer]
}

const port = parentPort
port?.on('message', (request: WorkerRequest) => {
  if (request.kind === 'close') port.close()
  else void handle(port, request)
})
