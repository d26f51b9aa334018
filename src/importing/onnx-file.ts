import { badModel } from './bad-model.ts'
import { bytesIn, type Field, fieldsOf, floatIn, textIn, wholeNumberIn, wholeNumbersIn } from './protobuf-fields.ts'

/** What is read of an `.onnx` file; the bytes of its constants are views of the file's. */
export interface OnnxFile {
  /** The program that wrote it. */
  readonly producer: string
  /** Of the graph, by name; bodies inside of nodes have theirs. */
  readonly nodes: ReadonlyMap<string, OnnxNode>
  readonly constants: ReadonlyMap<string, OnnxConstant>
  /** Lengths of the graph's inputs; 0 stands for one that is known only when the graph runs. */
  readonly inputs: ReadonlyMap<string, readonly number[]>
  /** All constants, those of bodies and of Constant nodes too. */
  readonly everyConstant: readonly OnnxConstant[]
}

export interface OnnxNode {
  readonly operator: string
  readonly integers: ReadonlyMap<string, readonly number[]>
  readonly floats: ReadonlyMap<string, number>
}

export interface OnnxConstant {
  readonly name: string
  /** ONNX's number for the type of its elements. */
  readonly elementType: number
  readonly shape: readonly number[]
  /** Little-endian; absent where they are written one by one. */
  readonly bytes?: Uint8Array
}

const NOTHING = new Uint8Array()
const AS_ONE = 'torch.onnx.export(…, external_data=False), or onnx.save(onnx.load("model.onnx"), "one.onnx")'

/** @throws EarwitnessError `bad_model` if it is no protobuf message or not all in one file; an unknown field is passed over */
export function readOnnx(file: Uint8Array): OnnxFile {
  let producer = ''
  const found = { nodes: new Map(), constants: new Map(), inputs: new Map(), everyConstant: [] } as Found
  for (const { number, value } of fieldsOf(file)) {
    if (number === 2) producer = textIn(value)
    else if (number === 7) readGraph(bytesIn(value), found, true)
  }
  return { producer, ...found }
}

interface Found {
  readonly nodes: Map<string, OnnxNode>
  readonly constants: Map<string, OnnxConstant>
  readonly inputs: Map<string, readonly number[]>
  readonly everyConstant: OnnxConstant[]
}

function readGraph(graph: Uint8Array, found: Found, isOutermost: boolean): void {
  for (const { number, value } of fieldsOf(graph)) {
    if (number === 1) {
      const [name, node] = readNode(bytesIn(value), found)
      if (isOutermost) found.nodes.set(name, node)
    } else if (number === 5) {
      const constant = readConstant(bytesIn(value))
      found.everyConstant.push(constant)
      if (isOutermost) found.constants.set(constant.name, constant)
    } else if (number === 11 && isOutermost) {
      found.inputs.set(...readInput(bytesIn(value)))
    }
  }
}

function readNode(message: Uint8Array, found: Found): [string, OnnxNode] {
  let [name, operator] = ['', '']
  const integers = new Map<string, readonly number[]>()
  const floats = new Map<string, number>()
  for (const { number, value } of fieldsOf(message)) {
    if (number === 3) name = textIn(value)
    else if (number === 4) operator = textIn(value)
    else if (number === 5) readAttribute(bytesIn(value), integers, floats, found)
  }
  return [name, { operator, integers, floats }]
}

function readAttribute(
  message: Uint8Array,
  integers: Map<string, readonly number[]>,
  floats: Map<string, number>,
  found: Found,
): void {
  let name = ''
  const numbers: number[] = []
  for (const { number, value } of fieldsOf(message)) {
    if (number === 1) name = textIn(value)
    else if (number === 2) floats.set(name, floatIn(value))
    else if (number === 3 || number === 8) numbers.push(...wholeNumbersIn(value))
    else if (number === 5) found.everyConstant.push(readConstant(bytesIn(value)))
    else if (number === 6) readGraph(bytesIn(value), found, false)
  }
  if (numbers.length > 0) integers.set(name, numbers)
}

function readConstant(message: Uint8Array): OnnxConstant {
  let [name, elementType] = ['', 0]
  let bytes: Uint8Array | undefined
  const shape: number[] = []
  for (const { number, value } of fieldsOf(message)) {
    if (number === 1) shape.push(...wholeNumbersIn(value))
    else if (number === 2) elementType = wholeNumberIn(value)
    else if (number === 8) name = textIn(value)
    else if (number === 9) bytes = bytesIn(value)
    else if (number === 13) throw badModel(`its weights lie in another file; save it as one: ${AS_ONE}`)
  }
  return { name, elementType, shape, ...(bytes !== undefined && { bytes }) }
}

/** A value's name, its type's first field (a tensor), and of that the second, the lengths. */
function readInput(message: Uint8Array): [string, readonly number[]] {
  const tensor = fieldIn(bytesIn(fieldIn(message, 2) ?? NOTHING), 1) ?? NOTHING
  const lengths = fieldIn(bytesIn(tensor), 2) ?? NOTHING
  const shape = [...fieldsOf(bytesIn(lengths))].map(({ value }) => wholeNumberIn(fieldIn(bytesIn(value), 1) ?? 0))
  return [textIn(fieldIn(message, 1) ?? NOTHING), shape]
}

function fieldIn(message: Uint8Array, wanted: number): Field['value'] | undefined {
  for (const { number, value } of fieldsOf(message)) if (number === wanted) return value
  return undefined
}
