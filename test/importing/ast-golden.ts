import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'npyjs'
import { type AstOptions, type AstWeights, astWeightsFrom } from '../../src/importing/ast-weights.ts'
import { readPth } from '../../src/importing/pth.ts'
import { readSafetensors } from '../../src/importing/safetensors.ts'
import type { Tensors } from '../../src/importing/tensors.ts'
import { InferenceSession, Tensor } from '../../src/scoring/onnxruntime.ts'

const MEL_BINS = 128

interface Golden {
  readonly steps: number
  readonly models: Record<AstName, { readonly frames: number; readonly logits: readonly (readonly number[])[] }>
}

/** The two checkpoints that `make_ast.py` wrote. */
export type AstName = 'binary' | 'hugging-face'
export const AST_NAMES: readonly AstName[] = ['binary', 'hugging-face']

const path = (name: string) => fileURLToPath(new URL(`../golden/ast/${name}`, import.meta.url))
const golden: Golden = JSON.parse(readFileSync(path('golden.json'), 'utf8'))

export const astTensors: Record<AstName, () => Promise<Tensors>> = {
  binary: () => readPth(path('binary.pth')),
  'hugging-face': () => readSafetensors(path('hugging-face/model.safetensors')),
}

/** What Hugging Face's `config.json` says beyond the weights. */
export const AST_OPTIONS: Record<AstName, AstOptions> = { binary: {}, 'hugging-face': { heads: 4 } }

export async function goldenWeights(name: AstName): Promise<AstWeights> {
  return astWeightsFrom(await astTensors[name](), AST_OPTIONS[name])
}

/** Real mel windows, and the logits that PyTorch gave for each. */
export function goldenWindows(name: AstName): { windows: Float32Array[]; frames: number; logits: number[][] } {
  const { frames, logits } = golden.models[name]
  const { data, shape } = parse(new Uint8Array(readFileSync(path('windows.npy'))).buffer)
  const [count, stored] = shape as [number, number]
  const values = Float32Array.from(data as Int16Array, (value) => value / golden.steps)
  const windows = Array.from({ length: count }, (_, at) => {
    const start = at * stored * MEL_BINS
    return values.slice(start, start + frames * MEL_BINS)
  })
  return { windows, frames, logits: logits.map((row) => [...row]) }
}

/** The logits of a model's bytes for windows of one length, scored as one batch, on a processor unless the options say other. */
export async function logitsOf(
  model: Uint8Array,
  windows: readonly Float32Array[],
  options: InferenceSession.SessionOptions = {},
): Promise<number[][]> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    ...options,
  })
  try {
    const length = windows[0]!.length
    const frames = new Float32Array(windows.length * length)
    for (const [at, window] of windows.entries()) frames.set(window, at * length)
    const { logits } = await session.run({
      frames: new Tensor('float32', frames, [windows.length, length / MEL_BINS, MEL_BINS]),
    })
    const values = [...(logits!.data as Float32Array)]
    const outputs = logits!.dims[1]!
    return windows.map((_, at) => values.slice(at * outputs, (at + 1) * outputs))
  } finally {
    await session.release()
  }
}

/** The largest difference between two tables of logits. */
export function furthest(found: readonly number[][], expected: readonly number[][]): number {
  return Math.max(...found.flatMap((row, at) => row.map((value, output) => Math.abs(value - expected[at]![output]!))))
}

/** The probability that one logit, or the second of two, stands for. */
export function probabilities(logits: readonly number[][]): number[] {
  return logits.map((row) => 1 / (1 + Math.exp(row.length === 2 ? row[0]! - row[1]! : -row[0]!)))
}
