import { TOKENS } from './ast-nodes.ts'
import type { AstBlock, AstWeights, LayerNorm, Linear } from './ast-weights.ts'
import { badModel } from './bad-model.ts'
import type { OnnxConstant, OnnxFile } from './onnx-file.ts'
import { ELEMENT } from './onnx-graph.ts'

/**
 * The weights of a transformer from the fp32 graph that `astGraph` wrote: the same numbers, so that an edition made of them is
 * the one that the checkpoint would give. The tokens lie in their positions.
 * @throws EarwitnessError `bad_model` if the graph is another one
 */
export function astWeightsInGraph(file: OnnxFile): AstWeights {
  const graph = new WrittenGraph(file)
  const [width, , patchSize] = graph.shape('patches/kernel', 4) as [number, number, number, number]
  const [, frames, melBins] = graph.input('frames', 3) as [number, number, number]
  const [frameStride, binStride] = graph.integers('patches/grid', 'strides', 2) as [number, number]
  const patchStride = { bins: binStride, frames: frameStride }
  const along = (length: number, stride: number): number => Math.floor((length - patchSize) / stride) + 1
  const patchGrid = { bins: along(melBins, binStride), frames: along(frames, frameStride) }
  const [outputs] = graph.shape('head/weight', 2)
  if (outputs !== 1 && outputs !== 2) throw foreign(file, `its head has ${outputs} outputs`)
  return {
    width,
    heads: graph.list('blocks/0/attention/query/shape', 4)[2]!,
    frames,
    melBins,
    patchSize,
    patchStride,
    patchGrid,
    outputs,
    normEpsilon: graph.float('blocks/0/norm1', 'epsilon'),
    headEpsilon: graph.float('head/norm', 'epsilon'),
    patches: {
      outputs: width,
      inputs: patchSize ** 2,
      weight: turned(graph.values('patches/kernel', [width, 1, patchSize, patchSize]), patchSize),
      bias: graph.values('patches/bias', [width]),
    },
    clsToken: new Float32Array(width),
    distillationToken: new Float32Array(width),
    positions: positionsByBins(graph, patchGrid, width),
    blocks: blocksOf(graph, width),
    norm: graph.norm('norm', width),
    headNorm: graph.norm('head/norm', width),
    head: {
      outputs,
      inputs: width,
      weight: graph.values('head/weight', [outputs, width]),
      bias: graph.values('head/bias', [outputs]),
    },
  }
}

function blocksOf(graph: WrittenGraph, width: number): AstBlock[] {
  let count = 0
  while (graph.has(`blocks/${count}/norm1/scale`)) count += 1
  return Array.from({ length: count }, (_, at) => {
    const block = `blocks/${at}`
    const after = at === count - 1 ? 'norm' : `blocks/${at + 1}/norm1`
    const [query, key, value] = ['query', 'key', 'value'].map((name) =>
      graph.linear(`${block}/${name}`, width, graph.values(`${block}/attention/${name}/bias`, [width])),
    )
    const widenBias = graph.values(`${block}/widen/bias`, graph.shape(`${block}/widen/bias`, 1))
    return {
      attentionNorm: graph.norm(`${block}/norm1`, width),
      query: query!,
      key: key!,
      value: value!,
      projection: graph.linear(`${block}/projection`, width, graph.values(`${block}/norm2/bias-before`, [width])),
      feedForwardNorm: graph.norm(`${block}/norm2`, width),
      widen: graph.linear(`${block}/widen`, width, widenBias),
      narrow: graph.linear(`${block}/narrow`, widenBias.length, graph.values(`${after}/bias-before`, [width])),
    }
  })
}

/** [width, frames, bins] to [width, bins, frames] of square kernels. */
function turned(kernel: Float32Array, patchSize: number): Float32Array {
  const area = patchSize ** 2
  return kernel.map((_, at) => {
    const [out, place] = [Math.floor(at / area), at % area]
    return kernel[out * area + (place % patchSize) * patchSize + Math.floor(place / patchSize)]!
  })
}

/** Back from the order of time to that of mel bins. */
function positionsByBins(graph: WrittenGraph, grid: AstWeights['patchGrid'], width: number): Float32Array {
  const inTime = graph.values('positions', [1, TOKENS + grid.bins * grid.frames, width])
  const positions = inTime.slice()
  for (let bin = 0; bin < grid.bins; bin += 1) {
    for (let frame = 0; frame < grid.frames; frame += 1) {
      const from = (TOKENS + frame * grid.bins + bin) * width
      positions.set(inTime.subarray(from, from + width), (TOKENS + bin * grid.frames + frame) * width)
    }
  }
  return positions
}

/** Takes things out of a graph by the names that `writeAst` gives them. */
class WrittenGraph {
  readonly #file: OnnxFile

  constructor(file: OnnxFile) {
    this.#file = file
  }

  has(name: string): boolean {
    return this.#file.constants.has(name)
  }

  shape(name: string, dimensions: number): readonly number[] {
    const { shape } = this.#constant(name)
    if (shape.length !== dimensions) throw foreign(this.#file, `its ${name} has the shape [${shape.join(', ')}]`)
    return shape
  }

  /** A constant list of whole numbers. */
  list(name: string, count: number): readonly number[] {
    const { elementType, bytes } = this.#file.constants.get(name) ?? {}
    if (elementType !== ELEMENT.int64 || bytes?.byteLength !== count * 8) {
      throw foreign(this.#file, `it has no list ${name} of ${count} whole numbers`)
    }
    return Array.from(new BigInt64Array(new Uint8Array(bytes).buffer), Number)
  }

  values(name: string, shape: readonly number[]): Float32Array {
    const constant = this.#constant(name)
    const count = shape.reduce((product, length) => product * length, 1)
    const fits = constant.shape.join() === shape.join() && constant.bytes?.byteLength === count * 4
    if (!fits) throw foreign(this.#file, `its ${name} is not float32 [${shape.join(', ')}]`)
    return new Float32Array(new Uint8Array(constant.bytes!).buffer)
  }

  /** The weight lies as [inputs, outputs]. */
  linear(name: string, inputs: number, bias: Float32Array): Linear {
    const outputs = bias.length
    const lying = this.values(`${name}/weight`, [inputs, outputs])
    const weight = new Float32Array(lying.length)
    for (let input = 0; input < inputs; input += 1) {
      for (let output = 0; output < outputs; output += 1) {
        weight[output * inputs + input] = lying[input * outputs + output]!
      }
    }
    return { outputs, inputs, weight, bias }
  }

  norm(name: string, width: number): LayerNorm {
    return { scale: this.values(`${name}/scale`, [width]), shift: this.values(`${name}/shift`, [width]) }
  }

  integers(node: string, attribute: string, count: number): readonly number[] {
    const found = this.#file.nodes.get(node)?.integers.get(attribute)
    if (found?.length !== count) throw foreign(this.#file, `it has no node ${node} with ${attribute}`)
    return found
  }

  float(node: string, attribute: string): number {
    const found = this.#file.nodes.get(node)?.floats.get(attribute)
    if (found === undefined) throw foreign(this.#file, `it has no node ${node} with ${attribute}`)
    return found
  }

  input(name: string, dimensions: number): readonly number[] {
    const found = this.#file.inputs.get(name)
    if (found?.length !== dimensions) throw foreign(this.#file, `it has no input ${name} of ${dimensions} dimensions`)
    return found
  }

  #constant(name: string): OnnxConstant {
    const constant = this.#file.constants.get(name)
    if (constant?.elementType !== ELEMENT.float32) throw foreign(this.#file, `it has no float32 ${name}`)
    return constant
  }
}

function foreign({ producer }: OnnxFile, why: string): Error {
  return badModel(
    `is no Audio Spectrogram Transformer as earwitness model import writes it (${why}; written by ${producer || 'an unknown program'}): only those can be quantised here`,
  )
}
