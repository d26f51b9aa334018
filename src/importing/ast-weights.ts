import { type AstNames, arraysOf, astNamesIn, type BlockNames } from './ast-names.ts'
import { badModel } from './bad-model.ts'
import { nearestName } from './nearest-name.ts'
import type { Tensor, Tensors } from './tensors.ts'

/** y = W x + b. The weight is [outputs, inputs], row-major, as PyTorch keeps it. */
export interface Linear {
  readonly outputs: number
  readonly inputs: number
  readonly weight: Float32Array
  readonly bias: Float32Array
}

export interface LayerNorm {
  readonly scale: Float32Array
  readonly shift: Float32Array
}

export interface AstBlock {
  readonly attentionNorm: LayerNorm
  readonly query: Linear
  readonly key: Linear
  readonly value: Linear
  readonly projection: Linear
  readonly feedForwardNorm: LayerNorm
  readonly widen: Linear
  readonly narrow: Linear
}

/** All that a graph of an Audio Spectrogram Transformer needs. The arrays are the checkpoint's own, not copies. */
export interface AstWeights {
  readonly width: number
  readonly heads: number
  /** Of a window, and of each of its frames. */
  readonly frames: number
  readonly melBins: number
  /** Square, in frames and mel bins. */
  readonly patchSize: number
  readonly patchStride: { readonly bins: number; readonly frames: number }
  readonly patchGrid: { readonly bins: number; readonly frames: number }
  readonly outputs: 1 | 2
  readonly normEpsilon: number
  readonly headEpsilon: number
  /** [width, patchSize mel bins, patchSize frames] */
  readonly patches: Linear
  readonly clsToken: Float32Array
  readonly distillationToken: Float32Array
  /** [2 + patches, width]: cls, distillation, then the patches of the lowest mel bins in order of time, and so on up. */
  readonly positions: Float32Array
  readonly blocks: readonly AstBlock[]
  readonly norm: LayerNorm
  readonly headNorm: LayerNorm
  readonly head: Linear
}

export interface NamedAstWeights extends AstWeights {
  /** Whose names the checkpoint has. */
  readonly family: AstNames['family']
}

/** What weights cannot tell. Hugging Face's `config.json` does; the defaults are those of AST. */
export interface AstOptions {
  /** Default: one for every 64 of the width, as in every DeiT. */
  readonly heads?: number
  /** Default: 1e-6 in `ast` checkpoints, and 1e-12 in Hugging Face's, head included. */
  readonly normEpsilon?: number
  /** Default: 10 each. */
  readonly patchStride?: { readonly bins: number; readonly frames: number }
  /** Default: the roundest of those that give as many patches as there are positions. */
  readonly frames?: number
  /** Default: 128. */
  readonly melBins?: number
}

const HEAD_WIDTH = 64
const STRIDE = 10
const MEL_BINS = 128
/** PyTorch's default, which the seed's head has. */
const TORCH_EPSILON = 1e-5

/**
 * The weights of a BinaryAST, of an AST of YuanGongND's or of Hugging Face's ASTForAudioClassification, by their names.
 * @throws EarwitnessError `bad_model`: not an AST, arrays missing (with the nearest name), wrong shapes, numbers that are none
 */
export function astWeightsFrom(tensors: Tensors, options: AstOptions = {}): NamedAstWeights {
  const names = astNamesIn(tensors)
  const arrays = new Arrays(tensors)
  arrays.requireAll(arraysOf(names))

  const [width, , patchSize] = arrays.shape(`${names.patches}.weight`, ['width', 1, 'patch', 'patch']) as number[]
  const melBins = options.melBins ?? MEL_BINS
  const patchStride = options.patchStride ?? { bins: STRIDE, frames: STRIDE }
  const [, positionCount] = arrays.shape(names.positions, [1, 'positions', width!]) as number[]
  const patchGrid = gridOf(positionCount! - 2, patchCount(melBins, patchSize!, patchStride.bins), names.positions)
  const isHuggingFace = names.family === 'hugging-face'
  return {
    family: names.family,
    width: width!,
    heads: headsOf(width!, options.heads),
    frames: framesOf(patchGrid.frames, patchSize!, patchStride.frames, options.frames),
    melBins,
    patchSize: patchSize!,
    patchStride,
    patchGrid,
    outputs: outputsOf(arrays, names.head, width!),
    normEpsilon: options.normEpsilon ?? (isHuggingFace ? 1e-12 : 1e-6),
    headEpsilon: isHuggingFace ? (options.normEpsilon ?? 1e-12) : TORCH_EPSILON,
    patches: {
      outputs: width!,
      inputs: patchSize! ** 2,
      weight: arrays.values(`${names.patches}.weight`, [width!, 1, patchSize!, patchSize!]),
      bias: arrays.values(`${names.patches}.bias`, [width!]),
    },
    clsToken: arrays.values(names.clsToken, [1, 1, width!]),
    distillationToken: arrays.values(names.distillationToken, [1, 1, width!]),
    positions: arrays.values(names.positions, [1, positionCount!, width!]),
    blocks: names.blocks.map((block) => blockOf(arrays, block, width!)),
    norm: arrays.norm(names.norm, width!),
    headNorm: arrays.norm(names.headNorm, width!),
    head: arrays.linear(names.head, width!),
  }
}

/** How many patches lie along an axis. */
function patchCount(length: number, patchSize: number, stride: number): number {
  return Math.floor((length - patchSize) / stride) + 1
}

function gridOf(patches: number, bins: number, positions: string): { bins: number; frames: number } {
  if (bins < 1 || patches < bins || patches % bins !== 0) {
    throw badModel(
      `${positions} has ${patches} positions of patches, which is no multiple of ${bins} along the mel bins`,
    )
  }
  return { bins, frames: patches / bins }
}

/** Several counts give the same patches, since the last frames are in none; training takes round ones: 1024, 512, 128. */
function framesOf(patches: number, patchSize: number, stride: number, wanted: number | undefined): number {
  const least = (patches - 1) * stride + patchSize
  if (wanted !== undefined) {
    if (patchCount(wanted, patchSize, stride) === patches) return wanted
    throw badModel(`${wanted} frames do not give the ${patches} patches in time that the positions are for`)
  }
  const most = least + stride - 1
  for (let step = 2 ** 20; step > 1; step /= 2) {
    const round = Math.ceil(least / step) * step
    if (round <= most) return round
  }
  return least
}

function headsOf(width: number, wanted: number | undefined): number {
  const heads = wanted ?? width / HEAD_WIDTH
  if (Number.isInteger(heads) && heads >= 1 && width % heads === 0) return heads
  throw badModel(`a width of ${width} cannot be divided into ${heads} attention heads`)
}

function outputsOf(arrays: Arrays, head: string, width: number): 1 | 2 {
  const [outputs] = arrays.shape(`${head}.weight`, ['outputs', width])
  if (outputs === 1 || outputs === 2) return outputs
  throw badModel(`${head}.weight has ${outputs} outputs; a detector of fake speech has one or two`)
}

function blockOf(arrays: Arrays, names: BlockNames, width: number): AstBlock {
  const [query, key, value] =
    names.queryKeyValue.length === 1
      ? thirds(arrays.linear(names.queryKeyValue[0]!, width, 3 * width))
      : names.queryKeyValue.map((name) => arrays.linear(name, width, width))
  const widen = arrays.linear(names.widen, width)
  return {
    attentionNorm: arrays.norm(names.attentionNorm, width),
    query: query!,
    key: key!,
    value: value!,
    projection: arrays.linear(names.projection, width, width),
    feedForwardNorm: arrays.norm(names.feedForwardNorm, width),
    widen,
    narrow: arrays.linear(names.narrow, widen.outputs, width),
  }
}

/** Three linear layers from one that has their rows one after the other. */
function thirds({ outputs, inputs, weight, bias }: Linear): Linear[] {
  const rows = outputs / 3
  return [0, 1, 2].map((at) => ({
    outputs: rows,
    inputs,
    weight: weight.subarray(at * rows * inputs, (at + 1) * rows * inputs),
    bias: bias.subarray(at * rows, (at + 1) * rows),
  }))
}

/** A checkpoint's arrays, each checked when it is taken. */
class Arrays {
  readonly #tensors: Tensors

  constructor(tensors: Tensors) {
    this.#tensors = tensors
  }

  requireAll(names: readonly string[]): void {
    const missing = names.filter((name) => !this.#tensors.has(name))
    if (missing.length === 0) return
    // What is needed and there is no misspelling of something else.
    const spare = [...this.#tensors.keys()].filter((name) => !names.includes(name))
    const words = missing
      .slice(0, 3)
      .map((name) => `${name} (the nearest it has: ${nearestName(name, spare) ?? 'none'})`)
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
    throw badModel(`the checkpoint lacks ${words.join(', ')}${more}`)
  }

  /** Its shape, which must have these lengths; a word stands for any. */
  shape(name: string, expected: readonly (number | string)[]): readonly number[] {
    const { shape } = this.#get(name)
    const fits = shape.length === expected.length && expected.every((length, at) => matches(length, shape[at]!))
    if (!fits) throw badModel(`${name} has the shape [${shape.join(', ')}]; [${expected.join(', ')}] is needed`)
    return shape
  }

  values(name: string, shape: readonly (number | string)[]): Float32Array {
    this.shape(name, shape)
    const { values } = this.#get(name)
    const wrong = values.findIndex((value) => !Number.isFinite(value))
    if (wrong !== -1) throw badModel(`${name} holds ${values[wrong]} at index ${wrong}: no model computes with that`)
    return values
  }

  norm(stem: string, width: number): LayerNorm {
    return { scale: this.values(`${stem}.weight`, [width]), shift: this.values(`${stem}.bias`, [width]) }
  }

  linear(stem: string, inputs: number, outputs?: number): Linear {
    const name = `${stem}.weight`
    const [rows] = this.shape(name, [outputs ?? 'outputs', inputs])
    const weight = this.values(name, [rows!, inputs])
    return { outputs: rows!, inputs, weight, bias: this.values(`${stem}.bias`, [rows!]) }
  }

  #get(name: string): Tensor {
    return this.#tensors.get(name)!
  }
}

function matches(expected: number | string, length: number): boolean {
  return typeof expected === 'string' ? length >= 1 : length === expected
}
