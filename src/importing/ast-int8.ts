import { astInput, astOutput, FloatEdition } from './ast-graph.ts'
import { AST_INPUT, AST_OUTPUT, type Edition, type Layer, writeAst } from './ast-nodes.ts'
import type { AstWeights, Linear } from './ast-weights.ts'
import { OnnxGraph, type Port } from './onnx-graph.ts'

/** The largest whole number of a weight; −128 is left out, so that a weight and its negative are alike. */
const LARGEST = 127

/**
 * The same transformer with its blocks' weights in int8, each output's with a scale of its own, and their inputs in uint8,
 * scaled as they come. Patches, norms, attention, head and what the last block does with its two rows stay in float32: they
 * cost next to nothing and hurt most. The windows of a batch go through one by one: a scale common to all would make a
 * window's score depend on its neighbours.
 */
export function astGraphInt8(weights: AstWeights): Uint8Array {
  const { frames, melBins, outputs } = weights
  const window: Port = { name: 'window', element: 'float32', shape: [frames, melBins] }
  const logits: Port = { name: 'window-logits', element: 'float32', shape: [outputs] }
  const graph = new OnnxGraph()
  const one = new OnnxGraph(graph)
  const batchAxis = one.integers('batch-axis', [0])
  const batch = one.node('Unsqueeze', 'window/batch', [window.name, batchAxis])
  one.node('Squeeze', logits.name, [writeAst(one, new Int8Edition(one), weights, batch), batchAxis])

  graph.node('Scan', AST_OUTPUT, [AST_INPUT], {
    integers: { num_scan_inputs: 1 },
    body: { graph: one, inputs: [window], outputs: [logits] },
  })
  return graph.model('ast-int8', [astInput(weights)], [astOutput(weights)])
}

class Int8Edition implements Edition {
  readonly fusedAttention = true
  readonly #graph: OnnxGraph
  readonly #float: FloatEdition

  constructor(graph: OnnxGraph) {
    this.#graph = graph
    this.#float = new FloatEdition(graph, 'float32')
  }

  constant(name: string, shape: readonly number[], values: Float32Array): string {
    return this.#float.constant(name, shape, values)
  }

  /** Quantises the input once, however many layers take it. */
  multiply(input: string, layers: readonly Layer[]): string[] {
    const quantized = `${layers[0]!.name}/input`
    const [levels, scale, zero] = this.#graph.nodes('DynamicQuantizeLinear', quantized, [input], { outputs: 3 })
    return layers.map(({ name, linear }) => {
      const scales = scalesOf(linear)
      const weight = this.#graph.constant(`${name}/weight`, 'int8', [linear.inputs, linear.outputs], (target) =>
        fillQuantized(target, linear, scales),
      )
      const weightScale = this.constant(`${name}/weight-scale`, [linear.outputs], scales)
      return this.#graph.node('MatMulIntegerToFloat', name, [levels!, weight, scale!, weightScale, zero!], {
        microsoft: true,
      })
    })
  }

  multiplyTokens(input: string, layer: Layer): string {
    return this.#float.multiplyTokens(input, layer)
  }
}

/** One for each output: its largest weight is the largest whole number. */
function scalesOf({ outputs, inputs, weight }: Linear): Float32Array {
  return Float32Array.from({ length: outputs }, (_, output) => {
    let largest = 0
    for (let at = output * inputs; at < (output + 1) * inputs; at += 1)
      largest = Math.max(largest, Math.abs(weight[at]!))
    // A row of zeros needs some scale.
    return largest === 0 ? 1 : largest / LARGEST
  })
}

/** [inputs, outputs] */
function fillQuantized(target: Uint8Array, { outputs, inputs, weight }: Linear, scales: Float32Array): void {
  for (let output = 0; output < outputs; output += 1) {
    const scale = scales[output]!
    for (let input = 0; input < inputs; input += 1) {
      const level = Math.round(weight[output * inputs + input]! / scale)
      target[input * outputs + output] = Math.max(-LARGEST, Math.min(LARGEST, level))
    }
  }
}
