import type { AstBlock, AstWeights, LayerNorm, Linear } from './ast-weights.ts'
import type { OnnxGraph } from './onnx-graph.ts'

/** The names that every edition gives to what goes in and comes out. */
export const AST_INPUT = 'frames'
export const AST_OUTPUT = 'logits'

/** What an edition does in its own way. */
export interface Edition {
  /** Attention as one node of onnxruntime's own, or as a node for each of its steps: see docs/decisions.md. */
  readonly fusedAttention: boolean
  /** Adds a constant of the edition's own numbers. */
  constant(name: string, shape: readonly number[], values: Float32Array): string
  /** Multiplies one input by the weights of each layer, without their biases. */
  multiply(input: string, layers: readonly Layer[]): string[]
  /** The same for an input of two rows, which costs next to nothing however it is done. */
  multiplyTokens(input: string, layer: Layer): string
}

export interface Layer {
  readonly name: string
  readonly linear: Linear
}

/** The two tokens before the patches, whose mean is judged. */
export const TOKENS = 2

/**
 * Writes the transformer from a window's frames, [batch, frames, mel bins], to its logits. The patches lie in the order of
 * time here, not of mel bins as in the checkpoint: attention does not know an order, and the positions are moved along.
 * The last block computes only the two rows that are judged; its keys and values need all.
 */
export function writeAst(graph: OnnxGraph, edition: Edition, weights: AstWeights, frames: string): string {
  let stream = embeddings(graph, edition, weights, frames)
  let normed = layerNorm(
    graph,
    edition,
    'blocks/0/norm1',
    stream,
    weights.blocks[0]!.attentionNorm,
    weights.normEpsilon,
  )
  for (const [at, block] of weights.blocks.entries()) {
    const isLast = at === weights.blocks.length - 1
    const norm = isLast ? weights.norm : weights.blocks[at + 1]!.attentionNorm
    const nextName = isLast ? 'norm' : `blocks/${at + 1}/norm1`
    const writer = new BlockWriter(graph, edition, weights, `blocks/${at}`)
    ;[normed, stream] = writer.write(block, { normed, stream, isLast }, nextName, norm)
  }
  return head(graph, edition, weights, normed)
}

function embeddings(graph: OnnxGraph, edition: Edition, weights: AstWeights, frames: string): string {
  const { width, patchSize, patchStride, positions } = weights
  const image = graph.node('Unsqueeze', 'patches/image', [frames, graph.integers('patches/channel-axis', [1])])
  const kernel = edition.constant('patches/kernel', [width, 1, patchSize, patchSize], kernelInTime(weights))
  const bias = edition.constant('patches/bias', [width], weights.patches.bias)
  const grid = graph.node('Conv', 'patches/grid', [image, kernel, bias], {
    integers: { strides: [patchStride.frames, patchStride.bins], kernel_shape: [patchSize, patchSize] },
  })
  const flat = graph.node('Reshape', 'patches/flat', [grid, graph.integers('patches/flat-shape', [0, 0, -1])])
  const rows = graph.node('Transpose', 'patches/rows', [flat], { integers: { perm: [0, 2, 1] } })
  const room = graph.integers('tokens/room', [0, TOKENS, 0, 0, 0, 0])
  const withRoom = graph.node('Pad', 'tokens/with-room', [rows, room])
  const shape = [1, positions.length / width, width]
  return graph.node('Add', 'embeddings', [withRoom, edition.constant('positions', shape, positionsInTime(weights))])
}

/** The kernel turned over: [width, frames, mel bins]. */
function kernelInTime({ width, patchSize, patches }: AstWeights): Float32Array {
  const kernel = new Float32Array(patches.weight.length)
  const area = patchSize ** 2
  for (let out = 0; out < width; out += 1) {
    for (let bin = 0; bin < patchSize; bin += 1) {
      for (let frame = 0; frame < patchSize; frame += 1) {
        kernel[out * area + frame * patchSize + bin] = patches.weight[out * area + bin * patchSize + frame]!
      }
    }
  }
  return kernel
}

/** The positions in the order of time, the two tokens added to theirs: what stands before the patches is zero. */
function positionsInTime({ width, positions, patchGrid, clsToken, distillationToken }: AstWeights): Float32Array {
  const moved = new Float32Array(positions.length)
  for (let at = 0; at < width; at += 1) {
    moved[at] = positions[at]! + clsToken[at]!
    moved[width + at] = positions[width + at]! + distillationToken[at]!
  }
  for (let bin = 0; bin < patchGrid.bins; bin += 1) {
    for (let frame = 0; frame < patchGrid.frames; frame += 1) {
      const from = (TOKENS + bin * patchGrid.frames + frame) * width
      moved.set(positions.subarray(from, from + width), (TOKENS + frame * patchGrid.bins + bin) * width)
    }
  }
  return moved
}

interface BlockInput {
  /** The residual stream. */
  readonly stream: string
  /** The same after the block's first norm. */
  readonly normed: string
  /** Of the last block only the two tokens' rows go on. */
  readonly isLast: boolean
}

/** Writes one block and the norm behind it. */
class BlockWriter {
  readonly #graph: OnnxGraph
  readonly #edition: Edition
  readonly #weights: AstWeights
  readonly #name: string

  constructor(graph: OnnxGraph, edition: Edition, weights: AstWeights, name: string) {
    this.#graph = graph
    this.#edition = edition
    this.#weights = weights
    this.#name = name
  }

  /** The next norm's output, and the stream that it norms. */
  write(block: AstBlock, input: BlockInput, nextName: string, next: LayerNorm): [normed: string, stream: string] {
    const multiply = (rows: string, layer: Layer): string =>
      input.isLast ? this.#edition.multiplyTokens(rows, layer) : this.#edition.multiply(rows, [layer])[0]!
    const projected = multiply(this.#attention(block, input), this.#layer('projection', block.projection))
    const stream = input.isLast ? this.#tokens('stream-tokens', input.stream) : input.stream
    const norm2 = `${this.#name}/norm2`
    const [normed, sum] = this.#addAndNorm(norm2, projected, stream, block.projection.bias, block.feedForwardNorm)
    const widened = multiply(normed, this.#layer('widen', block.widen))
    const bias = this.#edition.constant(`${this.#name}/widen/bias`, [block.widen.outputs], block.widen.bias)
    const gelu = this.#graph.node('BiasGelu', `${this.#name}/gelu`, [widened, bias], { microsoft: true })
    const narrowed = multiply(gelu, this.#layer('narrow', block.narrow))
    return this.#addAndNorm(nextName, narrowed, sum, block.narrow.bias, next)
  }

  #attention(block: AstBlock, { normed, isLast }: BlockInput): string {
    const layers = (['query', 'key', 'value'] as const).map((name) => this.#layer(name, block[name]))
    const [query, ...keyAndValue] = layers
    const rows = isLast
      ? [
          this.#edition.multiplyTokens(this.#tokens('tokens', normed), query!),
          ...this.#edition.multiply(normed, keyAndValue),
        ]
      : this.#edition.multiply(normed, layers)
    const linears = layers.map(({ linear }) => linear)
    return this.#edition.fusedAttention ? this.#fusedAttention(rows, linears) : this.#plainAttention(rows, linears)
  }

  #fusedAttention(rows: readonly string[], linears: readonly Linear[]): string {
    const { width, heads } = this.#weights
    const bias = new Float32Array(3 * width)
    for (const [at, linear] of linears.entries()) bias.set(linear.bias, at * width)
    const biasName = this.#edition.constant(`${this.#name}/attention/bias`, [bias.length], bias)
    return this.#graph.node('MultiHeadAttention', `${this.#name}/attention`, [...rows, biasName], {
      microsoft: true,
      integers: { num_heads: heads },
    })
  }

  /** softmax(query · keyᵀ / √(width / heads)) · value for each head, node by node. */
  #plainAttention(rows: readonly string[], linears: readonly Linear[]): string {
    const { width, heads } = this.#weights
    const stem = `${this.#name}/attention`
    const [query, key, value] = (['query', 'key', 'value'] as const).map((part, at) =>
      this.#heads(`${stem}/${part}`, rows[at]!, linears[at]!.bias, part === 'key' ? [0, 2, 3, 1] : [0, 2, 1, 3]),
    )
    const scale = this.#edition.constant(`${stem}/scale`, [1], Float32Array.of(1 / Math.sqrt(width / heads)))
    const scaled = this.#graph.node('Mul', `${stem}/query/scaled`, [query!, scale])
    const scores = this.#graph.node('MatMul', `${stem}/scores`, [scaled, key!])
    const shares = this.#graph.node('Softmax', `${stem}/shares`, [scores])
    const mixed = this.#graph.node('MatMul', `${stem}/mixed`, [shares, value!])
    const joined = this.#graph.node('Transpose', `${stem}/joined`, [mixed], { integers: { perm: [0, 2, 1, 3] } })
    return this.#graph.node('Reshape', stem, [joined, this.#graph.integers(`${stem}/shape`, [0, 0, width])])
  }

  /** Rows with their bias, [batch, tokens, width], as heads in the order that `perm` gives to [batch, tokens, heads, width]. */
  #heads(stem: string, rows: string, bias: Float32Array, perm: readonly number[]): string {
    const { width, heads } = this.#weights
    const biasName = this.#edition.constant(`${stem}/bias`, [width], bias)
    const biased = this.#graph.node('Add', `${stem}/biased`, [rows, biasName])
    const shape = this.#graph.integers(`${stem}/shape`, [0, 0, heads, width / heads])
    const split = this.#graph.node('Reshape', `${stem}/split`, [biased, shape])
    return this.#graph.node('Transpose', `${stem}/heads`, [split], { integers: { perm } })
  }

  /** The sum of what a layer adds to the stream, with the layer's bias, and its norm. Three nodes: see docs/decisions.md. */
  #addAndNorm(name: string, added: string, stream: string, bias: Float32Array, norm: LayerNorm): [string, string] {
    const { width, normEpsilon } = this.#weights
    const biasName = this.#edition.constant(`${name}/bias-before`, [width], bias)
    const biased = this.#graph.node('Add', `${name}/biased`, [added, biasName])
    const sum = this.#graph.node('Add', `${name}/sum`, [biased, stream])
    return [layerNorm(this.#graph, this.#edition, name, sum, norm, normEpsilon), sum]
  }

  #tokens(name: string, rows: string): string {
    const stem = `${this.#name}/${name}`
    const bounds = (['starts', 'ends', 'axes'] as const).map((kind, at) =>
      this.#graph.integers(`${stem}/${kind}`, [[0, TOKENS, 1][at]!]),
    )
    return this.#graph.node('Slice', stem, [rows, ...bounds])
  }

  #layer(name: string, linear: Linear): Layer {
    return { name: `${this.#name}/${name}`, linear }
  }
}

/** The mean of the two tokens, its norm, and one or two logits. */
function head(graph: OnnxGraph, edition: Edition, weights: AstWeights, normed: string): string {
  const { outputs, width, head: linear, headNorm, headEpsilon } = weights
  const mean = graph.node('ReduceMean', 'head/mean', [normed], { integers: { axes: [1], keepdims: 0 } })
  const input = layerNorm(graph, edition, 'head/norm', mean, headNorm, headEpsilon)
  const weight = edition.constant('head/weight', [outputs, width], linear.weight)
  const bias = edition.constant('head/bias', [outputs], linear.bias)
  return graph.node('Gemm', 'head/linear', [input, weight, bias], { integers: { transB: 1 } })
}

function layerNorm(
  graph: OnnxGraph,
  edition: Edition,
  name: string,
  input: string,
  norm: LayerNorm,
  epsilon: number,
): string {
  const scale = edition.constant(`${name}/scale`, [norm.scale.length], norm.scale)
  const shift = edition.constant(`${name}/shift`, [norm.shift.length], norm.shift)
  return graph.node('LayerNormalization', name, [input, scale, shift], { floats: { epsilon } })
}
