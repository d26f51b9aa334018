import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { astGraph } from '../../importing/ast-graph.ts'
import { astGraphInt8 } from '../../importing/ast-int8.ts'
import { astWeightsFrom } from '../../importing/ast-weights.ts'
import { readPth } from '../../importing/pth.ts'
import { LineProcess } from './line-process.ts'
import { ownFile } from './own-file.ts'
import { Progress } from './progress.ts'
import { pythonWith } from './python.ts'
import { requireRecordings } from './recordings.ts'
import { ScratchFolder } from './scratch-folder.ts'
import { rounded, type Spread, spreadOf } from './spread.ts'

export const AST_SIZES = ['tiny', 'small', 'base'] as const

const WINDOW_SAMPLES = 163_840
const WAV_HEADER_BYTES = 44
/** Threads of PyTorch spin for a while after their work; nobody's turn begins in it. */
const PAUSE_MS = 250
const PYTORCH = ['fp32', 'fp32-fused', 'bf16'] as const
const EDITIONS = ['fp32', 'int8'] as const

interface Answer {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMiB: number
}

export interface AstOptions {
  readonly size: (typeof AST_SIZES)[number]
  readonly rounds: number
  readonly threads: number
}

export interface AstReport {
  readonly bench: 'ast'
  readonly size: string
  readonly threads: number
  readonly torch: string
  /** From 10.24 s of samples to the logit. */
  readonly seconds: Record<string, Spread>
  /** Of the processor, all threads: with one thread, what a busy machine leaves comparable. */
  readonly cpuSeconds: Record<string, Spread>
  readonly peakMiB: Record<string, number>
  /** How many times faster our editions are than each of PyTorch's, in the same round. */
  readonly timesFaster: Record<string, Spread>
  readonly timesLessCpu: Record<string, Spread>
  /** The largest differences from PyTorch's fp32 over real windows. */
  readonly parity: Record<string, { readonly logit: number; readonly probability: number }>
  readonly pytorchProbabilities: readonly number[]
  readonly operatorMilliseconds: Record<string, Record<string, number>>
}

/**
 * The seed's model of a size, with seeded random weights made here, in PyTorch and in this program: the same windows, as many
 * threads, in turns. Needs a python3 with torch and numpy.
 */
export async function benchAst({ size, rounds, threads }: AstOptions): Promise<AstReport> {
  requireRecordings()
  const python = pythonWith('torch, numpy')
  if (python === undefined) throw new Error('no python3 with torch and numpy; PYTHON can name one')
  const scratch = new ScratchFolder()
  const folder = scratch.path
  const processes = new Map<string, LineProcess>()
  try {
    await writeFile(join(folder, 'audio.f32'), await realWindows())
    const script = ownFile('#bench/torch_ast.py')
    const made = new LineProcess(python, [script, 'make', size, folder, String(threads)])
    const { torch, logits } = await made.next<{ torch: string; logits: number[] }>()
    await made.stop()
    await writeEditions(folder)

    for (const mode of PYTORCH) {
      processes.set(`pytorch ${mode}`, new LineProcess(python, [script, mode, folder, size, String(threads)]))
    }
    const runner = fileURLToPath(new URL('./ast-runner.js', import.meta.url))
    for (const edition of EDITIONS) {
      processes.set(
        `earwitness ${edition}`,
        new LineProcess(process.execPath, [runner, folder, edition, String(threads)]),
      )
    }
    const answers = await rotate(processes, rounds)
    const ours = EDITIONS.map((edition) => [edition, processes.get(`earwitness ${edition}`)!] as const)
    return {
      bench: 'ast',
      size,
      threads,
      torch,
      seconds: mapped(answers, (list) => spreadOf(list.map(({ seconds }) => seconds))),
      cpuSeconds: mapped(answers, (list) => spreadOf(list.map(({ cpuSeconds }) => cpuSeconds))),
      peakMiB: mapped(answers, (list) => Math.round(Math.max(...list.map(({ peakMiB }) => peakMiB)))),
      timesFaster: ratios(answers, 'seconds'),
      timesLessCpu: ratios(answers, 'cpuSeconds'),
      parity: await parities(ours, logits),
      pytorchProbabilities: logits.map((logit) => rounded(sigmoid(logit))),
      operatorMilliseconds: await operators(ours),
    }
  } finally {
    for (const each of processes.values()) await each.stop()
    scratch.remove()
  }
}

/** Two windows of each of the tests' recordings. */
async function realWindows(): Promise<Float32Array> {
  const pieces: number[] = []
  for (const name of ['real-speech', 'fake-speech'] as const) {
    const bytes = (await readFile(ownFile(`#test/fixtures/audio/${name}.wav`))).subarray(WAV_HEADER_BYTES)
    for (const start of [0, bytes.length / 2 - WINDOW_SAMPLES]) {
      for (let at = 0; at < WINDOW_SAMPLES; at += 1) pieces.push(bytes.readInt16LE((start + at) * 2) / 32_768)
    }
  }
  return Float32Array.from(pieces)
}

/** Imports what PyTorch saved, as `earwitness model import` does. */
async function writeEditions(folder: string): Promise<void> {
  const weights = astWeightsFrom(await readPth(join(folder, 'weights.pth')))
  await writeFile(join(folder, 'fp32.onnx'), astGraph(weights, 'fp32'))
  await writeFile(join(folder, 'int8.onnx'), astGraphInt8(weights))
}

async function rotate(processes: Map<string, LineProcess>, rounds: number): Promise<Map<string, Answer[]>> {
  const answers = new Map<string, Answer[]>([...processes.keys()].map((name) => [name, []]))
  const progress = new Progress('one window through PyTorch and through this program, in turns', rounds)
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, each] of processes) {
      await setTimeout(PAUSE_MS)
      const answer = await each.ask<Answer>('round')
      if (round > 0) answers.get(name)!.push(answer)
    }
    progress.at(round)
  }
  progress.end()
  return answers
}

function ratios(answers: Map<string, Answer[]>, of: 'seconds' | 'cpuSeconds'): Record<string, Spread> {
  const found: Record<string, Spread> = {}
  for (const edition of EDITIONS) {
    for (const mode of PYTORCH) {
      const ours = answers.get(`earwitness ${edition}`)!
      const theirs = answers.get(`pytorch ${mode}`)!
      const times = ours.map((answer, round) => theirs[round]![of] / answer[of])
      found[`${edition} than pytorch ${mode}`] = spreadOf(times)
    }
  }
  return found
}

type Ours = readonly (readonly [edition: string, process: LineProcess])[]

async function parities(ours: Ours, expected: readonly number[]): Promise<AstReport['parity']> {
  const found: Record<string, { logit: number; probability: number }> = {}
  for (const [edition, each] of ours) {
    const { logits } = await each.ask<{ logits: number[] }>('all')
    const largest = (of: (logit: number) => number): number =>
      Number(Math.max(...logits.map((logit, at) => Math.abs(of(logit) - of(expected[at]!)))).toPrecision(2))
    found[edition] = { logit: largest((logit) => logit), probability: largest(sigmoid) }
  }
  return found
}

async function operators(ours: Ours): Promise<AstReport['operatorMilliseconds']> {
  const found: Record<string, Record<string, number>> = {}
  for (const [edition, each] of ours) {
    found[edition] = (await each.ask<{ milliseconds: Record<string, number> }>('operators')).milliseconds
  }
  return found
}

function mapped<Value, Result>(map: Map<string, Value>, of: (value: Value) => Result): Record<string, Result> {
  return Object.fromEntries([...map].map(([name, value]) => [name, of(value)]))
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
