import { AST_INPUT, AST_OUTPUT, type Edition, type Layer, writeAst } from './ast-nodes.ts'
import type { AstWeights, Linear } from './ast-weights.ts'
import { float16Bytes, float32Bytes, halfBits } from './constant-bytes.ts'
import { OnnxGraph, type Port } from './onnx-graph.ts'
import type { Deferred } from './onnx-message.ts'

/**
 * An Audio Spectrogram Transformer as a file for onnxruntime: `frames`, float32 [batch, frames, mel bins], to `logits`,
 * float32 [batch, 1 or 2]. The fp16 edition, for GPUs, has half-precision numbers between the two.
 */
export function astGraph(weights: AstWeights, precision: 'fp32' | 'fp16'): Uint8Array {
  const graph = new OnnxGraph()
  if (precision === 'fp32') {
    const logits = writeAst(graph, new FloatEdition(graph, 'float32'), weights, AST_INPUT)
    graph.node('Identity', AST_OUTPUT, [logits])
  } else {
    const frames = graph.node('Cast', 'frames/half', [AST_INPUT], { integers: { to: 10 } })
    const logits = writeAst(graph, new FloatEdition(graph, 'float16'), weights, frames)
    graph.node('Cast', AST_OUTPUT, [logits], { integers: { to: 1 } })
  }
  return graph.model('ast', [astInput(weights)], [astOutput(weights)])
}

export function astInput({ frames, melBins }: AstWeights): Port {
  return { name: AST_INPUT, element: 'float32', shape: ['batch', frames, melBins] }
}

export function astOutput({ outputs }: AstWeights): Port {
  return { name: AST_OUTPUT, element: 'float32', shape: ['batch', outputs] }
}

/** Multiplies in floating point, of either width. */
export class FloatEdition implements Edition {
  readonly fusedAttention = false
  readonly #graph: OnnxGraph
  readonly #element: 'float32' | 'float16'

  constructor(graph: OnnxGraph, element: 'float32' | 'float16') {
    this.#graph = graph
    this.#element = element
  }

  constant(name: string, shape: readonly number[], values: Float32Array): string {
    const bytes = this.#element === 'float32' ? float32Bytes : float16Bytes
    return this.#graph.constant(name, this.#element, shape, bytes(values))
  }

  multiply(input: string, layers: readonly Layer[]): string[] {
    return layers.map((layer) => this.multiplyTokens(input, layer))
  }

  multiplyTokens(input: string, { name, linear }: Layer): string {
    const fill = transposedBytes(linear, this.#element)
    const weight = this.#graph.constant(`${name}/weight`, this.#element, [linear.inputs, linear.outputs], fill)
    return this.#graph.node('MatMul', name, [input, weight])
  }
}

/** The weight as [inputs, outputs], which MatMul wants. */
function transposedBytes({ inputs, outputs, weight }: Linear, element: 'float32' | 'float16'): Deferred['fill'] {
  return (target) => {
    const view = new DataView(target.buffer, target.byteOffset)
    for (let input = 0; input < inputs; input += 1) {
      for (let output = 0; output < outputs; output += 1) {
        const value = weight[output * inputs + input]!
        const at = input * outputs + output
        if (element === 'float32') view.setFloat32(at * 4, value, true)
        else view.setUint16(at * 2, halfBits(value), true)
      }
    }
  }
}
