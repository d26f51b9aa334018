import { astInput, FloatEdition } from '../../src/importing/ast-graph.ts'
import { AST_INPUT, writeAst } from '../../src/importing/ast-nodes.ts'
import type { AstBlock, AstWeights, LayerNorm, Linear } from '../../src/importing/ast-weights.ts'
import { OnnxGraph } from '../../src/importing/onnx-graph.ts'
import { InferenceSession, Tensor } from '../../src/scoring/onnxruntime.ts'

const MEL_BINS = 128
const PATCH = 16
const STRIDE = 10
const HEAD_WIDTH = 64
/** The logits of the windows that a head is made for reach from minus this to this: 0.05 to 0.95 in probability. */
const FURTHEST = 2.9
const POWER_ITERATIONS = 50

/**
 * A transformer with seeded normal weights, made as `bench/binary_ast.py` makes them, whose head looks where these windows'
 * features differ most.
 */
export async function randomAst(
  { width, blocks, frames, seed }: { width: number; blocks: number; frames: number; seed: number },
  windows: readonly Float32Array[],
): Promise<AstWeights> {
  const random = new Random(seed)
  const patchGrid = { bins: along(MEL_BINS), frames: along(frames) }
  const headless: AstWeights = {
    width,
    heads: width / HEAD_WIDTH,
    frames,
    melBins: MEL_BINS,
    patchSize: PATCH,
    patchStride: { bins: STRIDE, frames: STRIDE },
    patchGrid,
    outputs: 1,
    normEpsilon: 1e-6,
    headEpsilon: 1e-5,
    patches: random.linear(width, PATCH ** 2),
    clsToken: random.normal(width, 0.5),
    distillationToken: random.normal(width, 0.5),
    positions: random.normal((2 + patchGrid.bins * patchGrid.frames) * width, 0.5),
    blocks: Array.from({ length: blocks }, () => randomBlock(random, width)),
    norm: random.norm(width),
    headNorm: random.norm(width),
    head: { outputs: 1, inputs: width, weight: new Float32Array(width), bias: new Float32Array(1) },
  }
  return { ...headless, head: spreadHead(await features(headless, windows)) }
}

function along(length: number): number {
  return Math.floor((length - PATCH) / STRIDE) + 1
}

function randomBlock(random: Random, width: number): AstBlock {
  return {
    attentionNorm: random.norm(width),
    query: random.linear(width, width),
    key: random.linear(width, width),
    value: random.linear(width, width),
    projection: random.linear(width, width),
    feedForwardNorm: random.norm(width),
    widen: random.linear(4 * width, width),
    narrow: random.linear(width, 4 * width),
  }
}

class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  linear(outputs: number, inputs: number): Linear {
    const weight = this.normal(outputs * inputs, inputs ** -0.5)
    return { outputs, inputs, weight, bias: this.normal(outputs, 0.1) }
  }

  norm(width: number): LayerNorm {
    return { scale: this.normal(width, 0.1).map((value) => 1 + value), shift: this.normal(width, 0.1) }
  }

  /** Box and Muller's two numbers make one here. */
  normal(count: number, deviation: number): Float32Array {
    return Float32Array.from(
      { length: count },
      () => deviation * Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next()),
    )
  }

  /** 0 to 1, 1 left out: mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What the head gets, a row for each window. */
async function features(weights: AstWeights, windows: readonly Float32Array[]): Promise<Float32Array[]> {
  const graph = new OnnxGraph()
  writeAst(graph, new FloatEdition(graph, 'float32'), weights, AST_INPUT)
  const output = { name: 'head/norm', element: 'float32', shape: ['batch', weights.width] } as const
  const session = await InferenceSession.create(graph.model('features', [astInput(weights)], [output]))
  const rows: Float32Array[] = []
  for (const window of windows) {
    const frames = new Tensor('float32', window, [1, weights.frames, MEL_BINS])
    rows.push(Float32Array.from((await session.run({ frames }))[output.name]!.data as Float32Array))
  }
  await session.release()
  return rows
}

/** The first principal component, by power iteration, scaled so that the rows reach as far on both sides. */
function spreadHead(rows: readonly Float32Array[]): Linear {
  const width = rows[0]!.length
  const mean = rows[0]!.map((_, at) => rows.reduce((sum, row) => sum + row[at]! / rows.length, 0))
  const centred = rows.map((row) => row.map((value, at) => value - mean[at]!))
  let direction = centred[0]!
  for (let round = 0; round < POWER_ITERATIONS; round += 1) {
    const along = centred.map((row) => dot(row, direction))
    const next = direction.map((_, at) => centred.reduce((sum, row, index) => sum + along[index]! * row[at]!, 0))
    direction = next.map((value) => value / Math.sqrt(dot(next, next)))
  }
  const found = rows.map((row) => dot(row, direction))
  const [least, most] = [Math.min(...found), Math.max(...found)]
  const scale = (2 * FURTHEST) / (most - least)
  const bias = Float32Array.of((-scale * (least + most)) / 2)
  return { outputs: 1, inputs: width, weight: direction.map((value) => scale * value), bias }
}

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, at) => sum + value * other[at]!, 0)
}
