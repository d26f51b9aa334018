import { type Deferred, Message } from './onnx-message.ts'

/** ONNX's numbers for the types of a tensor's elements. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int64: 7, float16: 10 } as const
export type Element = keyof typeof ELEMENT

const ELEMENT_BYTES: Readonly<Record<Element, number>> = { float32: 4, uint8: 1, int8: 1, int64: 8, float16: 2 }
const IR_VERSION = 8
const OPSET = 17
const MICROSOFT = 'com.microsoft'
const [FLOAT, INTEGER, GRAPH, INTEGERS] = [1, 2, 5, 7]

export interface Port {
  readonly name: string
  readonly element: Element
  /** A name stands for a length that is known only when the graph runs. */
  readonly shape: readonly (number | string)[]
}

export interface NodeOptions {
  /** Whole numbers, and lists of them. */
  readonly integers?: Readonly<Record<string, number | readonly number[]>>
  readonly floats?: Readonly<Record<string, number>>
  /** Another graph that the node runs, with what goes in and comes out of it. */
  readonly body?: { readonly graph: OnnxGraph; readonly inputs: readonly Port[]; readonly outputs: readonly Port[] }
  /** Of onnxruntime's own operators, not of ONNX. */
  readonly microsoft?: boolean
  /** How many outputs are named; the node's answer is the list of their names. */
  readonly outputs?: number
}

/** A graph being written, node after node. An empty string is an input that is left out. */
export class OnnxGraph {
  readonly #nodes: Message[] = []
  readonly #constants: Message[] = []
  readonly #names = new Set<string>()
  readonly #outer: OnnxGraph | undefined

  /** A body that runs inside another graph keeps its constants there: onnxruntime holds a body's twice. */
  constructor(outer?: OnnxGraph) {
    this.#outer = outer
  }

  /** Adds a node; its name is its first output's. */
  node(operator: string, name: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodes(operator, name, inputs, { ...options, outputs: 1 })[0]!
  }

  nodes(operator: string, name: string, inputs: readonly string[], options: NodeOptions): string[] {
    const outputs = Array.from({ length: options.outputs ?? 1 }, (_, at) => (at === 0 ? name : `${name}/${at}`))
    for (const output of outputs) this.#claim(output)
    const message = new Message()
    for (const input of inputs) message.text(1, input)
    for (const output of outputs) message.text(2, output)
    message.text(3, name).text(4, operator)
    for (const [key, value] of Object.entries(options.integers ?? {})) message.message(5, integerAttribute(key, value))
    for (const [key, value] of Object.entries(options.floats ?? {})) {
      message.message(5, new Message().text(1, key).float(2, value).integer(20, FLOAT))
    }
    if (options.body !== undefined) {
      const { graph, inputs, outputs: ends } = options.body
      message.message(
        5,
        new Message()
          .text(1, 'body')
          .message(6, graph.#graph(name, inputs, ends))
          .integer(20, GRAPH),
      )
    }
    if (options.microsoft === true) message.text(7, MICROSOFT)
    this.#nodes.push(message)
    return outputs
  }

  /** Adds a constant whose little-endian bytes `fill` writes, later. */
  constant(name: string, element: Element, shape: readonly number[], fill: Deferred['fill']): string {
    if (this.#outer !== undefined) return this.#outer.constant(name, element, shape, fill)
    this.#claim(name)
    const message = new Message()
    for (const length of shape) message.integer(1, length)
    const byteLength = shape.reduce((product, length) => product * length, ELEMENT_BYTES[element])
    this.#constants.push(message.integer(2, ELEMENT[element]).text(8, name).bytes(9, { byteLength, fill }))
    return name
  }

  integers(name: string, values: readonly number[]): string {
    return this.constant(name, 'int64', [values.length], (target) => {
      const view = new DataView(target.buffer, target.byteOffset)
      for (const [at, value] of values.entries()) view.setBigInt64(at * 8, BigInt(value), true)
    })
  }

  /** The whole file. */
  model(name: string, inputs: readonly Port[], outputs: readonly Port[]): Uint8Array {
    return new Message()
      .integer(1, IR_VERSION)
      .text(2, 'earwitness')
      .message(7, this.#graph(name, inputs, outputs))
      .message(8, new Message().text(1, '').integer(2, OPSET))
      .message(8, new Message().text(1, MICROSOFT).integer(2, 1))
      .finish()
  }

  #graph(name: string, inputs: readonly Port[], outputs: readonly Port[]): Message {
    const graph = new Message()
    for (const node of this.#nodes) graph.message(1, node)
    graph.text(2, name)
    for (const constant of this.#constants) graph.message(5, constant)
    for (const input of inputs) graph.message(11, portMessage(input))
    for (const output of outputs) graph.message(12, portMessage(output))
    return graph
  }

  #claim(name: string): void {
    if (this.#names.has(name)) throw new Error(`two things in the graph are called ${name}`)
    this.#names.add(name)
  }
}

function integerAttribute(name: string, value: number | readonly number[]): Message {
  const message = new Message().text(1, name)
  if (typeof value === 'number') return message.integer(3, value).integer(20, INTEGER)
  for (const one of value) message.integer(8, one)
  return message.integer(20, INTEGERS)
}

function portMessage({ name, element, shape }: Port): Message {
  const lengths = new Message()
  for (const length of shape) {
    lengths.message(1, typeof length === 'number' ? new Message().integer(1, length) : new Message().text(2, length))
  }
  const tensor = new Message().integer(1, ELEMENT[element]).message(2, lengths)
  return new Message().text(1, name).message(2, new Message().message(1, tensor))
}
