import { badModel } from './bad-model.ts'
import { PickleBytes } from './pickle-bytes.ts'
import { appendAll, PickleGlobal, PickleStack, PickleTuple, setAll, Unused } from './pickle-stack.ts'

/** What the reader of a kind of file gives its pickles: the only names that they may use. */
export interface PickleHost {
  /** `undefined` refuses the name. */
  find(module: string, name: string): PickleGlobal | undefined
  load(persistentId: unknown): unknown
}

interface Machine {
  readonly bytes: PickleBytes
  readonly stack: PickleStack
  readonly host: PickleHost
}

type Operation = (machine: Machine) => void

const HIGHEST_PROTOCOL = 5
const STOP = 0x2e

/** The operations that torch.save writes with protocols 2 to 5. There is none here that runs anything. */
const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, ({ bytes }) => checkProtocol(bytes.uint8())],
  [0x95, ({ bytes }) => void bytes.uint64()],
  [0x28, ({ stack }) => stack.mark()],
  [0x30, ({ stack }) => void stack.pop()],
  [0x31, ({ stack }) => void stack.popToMark()],
  [0x32, ({ stack }) => stack.push(stack.top())],
  // numbers, None and booleans
  [0x4e, ({ stack }) => stack.push(null)],
  [0x88, ({ stack }) => stack.push(true)],
  [0x89, ({ stack }) => stack.push(false)],
  [0x4b, ({ stack, bytes }) => stack.push(bytes.uint8())],
  [0x4d, ({ stack, bytes }) => stack.push(bytes.uint16())],
  [0x4a, ({ stack, bytes }) => stack.push(bytes.int32())],
  [0x8a, ({ stack, bytes }) => stack.push(bytes.long(bytes.uint8()))],
  [0x47, ({ stack, bytes }) => stack.push(bytes.float64())],
  // text and bytes
  [0x58, ({ stack, bytes }) => stack.push(bytes.text(bytes.uint32()))],
  [0x8c, ({ stack, bytes }) => stack.push(bytes.text(bytes.uint8()))],
  [0x8d, ({ stack, bytes }) => stack.push(bytes.text(bytes.uint64()))],
  [0x42, ({ stack, bytes }) => stack.push(bytes.take(bytes.uint32()))],
  [0x43, ({ stack, bytes }) => stack.push(bytes.take(bytes.uint8()))],
  // tuples, lists and dictionaries
  [0x29, ({ stack }) => stack.push(new PickleTuple([]))],
  [0x85, ({ stack }) => stack.push(stack.popTuple(1))],
  [0x86, ({ stack }) => stack.push(stack.popTuple(2))],
  [0x87, ({ stack }) => stack.push(stack.popTuple(3))],
  [0x74, ({ stack }) => stack.push(new PickleTuple(stack.popToMark()))],
  [0x5d, ({ stack }) => stack.push([])],
  [0x6c, ({ stack }) => stack.push(stack.popToMark())],
  [0x61, ({ stack }) => withLast(stack, [stack.pop()], appendAll)],
  [0x65, ({ stack }) => withLast(stack, stack.popToMark(), appendAll)],
  [0x7d, ({ stack }) => stack.push(new Map())],
  [0x73, ({ stack }) => withLast(stack, stack.popTuple(2).items, setAll)],
  [0x75, ({ stack }) => withLast(stack, stack.popToMark(), setAll)],
  // the memo
  [0x71, ({ stack, bytes }) => stack.memoise(bytes.uint8())],
  [0x72, ({ stack, bytes }) => stack.memoise(bytes.uint32())],
  [0x94, ({ stack }) => stack.memoise()],
  [0x68, ({ stack, bytes }) => stack.recall(bytes.uint8())],
  [0x6a, ({ stack, bytes }) => stack.recall(bytes.uint32())],
  // names, and what is made with them
  [0x63, ({ stack, bytes, host }) => stack.push(find(host, bytes.line(), bytes.line()))],
  [0x93, ({ stack, host }) => stack.push(find(host, ...(stack.popTuple(2).items as [unknown, unknown])))],
  [0x52, ({ stack }) => stack.push(reduce(...(stack.popTuple(2).items as [unknown, unknown])))],
  [0x62, ({ stack }) => build(stack)],
  [0x51, ({ stack, host }) => stack.push(host.load(stack.pop()))],
])

/**
 * The value that a pickle describes: dictionaries as Map, lists as arrays, tuples as PickleTuple, and what the host
 * gives for names. Nothing in it is executed; work and memory are bounded by its length.
 * @throws EarwitnessError `bad_model`: a name that the host does not know, cut short, cyclic or otherwise malformed.
 */
export function readPickle(pickle: Uint8Array, host: PickleHost): unknown {
  const machine: Machine = { bytes: new PickleBytes(pickle), stack: new PickleStack(), host }
  for (;;) {
    const at = machine.bytes.position
    const code = machine.bytes.uint8()
    if (code === STOP) return withoutCycles(machine.stack.pop())
    const operation = OPERATIONS.get(code)
    if (operation === undefined) {
      throw badModel(`the pickle has the operation 0x${code.toString(16)} at ${at}, which no checkpoint needs`)
    }
    operation(machine)
  }
}

function checkProtocol(protocol: number): void {
  if (protocol > HIGHEST_PROTOCOL)
    throw badModel(`the pickle has protocol ${protocol}; ${HIGHEST_PROTOCOL} is the last`)
}

function withLast<T>(stack: PickleStack, items: T, add: (target: unknown, items: T) => void): void {
  add(stack.top(), items)
}

function find(host: PickleHost, module: unknown, name: unknown): PickleGlobal {
  if (typeof module !== 'string' || typeof name !== 'string') throw badModel('the pickle names something by no name')
  const found = host.find(module, name)
  if (found === undefined) {
    throw badModel(
      `the pickle asks for ${JSON.stringify(`${module}.${name}`)}, which weights do not need. It is not run, and the file is refused`,
    )
  }
  return found
}

function reduce(callee: unknown, args: unknown): unknown {
  if (!(callee instanceof PickleGlobal) || callee.call === undefined || !(args instanceof PickleTuple)) {
    throw badModel('the pickle calls what cannot be called')
  }
  return callee.call(args.items)
}

/** Attributes set after the making: of an OrderedDict or of something unused, and of no use either. */
function build(stack: PickleStack): void {
  stack.pop()
  const target = stack.top()
  if (!(target instanceof Map) && !(target instanceof Unused)) throw badModel('the pickle sets attributes of a value')
}

/** Each container is walked once, however often it is shared, and without recursion, however deep it is. */
function withoutCycles(root: unknown): unknown {
  const open = new Set<unknown>()
  const done = new Set<unknown>()
  const walk: { value: unknown; children: Iterator<unknown> }[] = []
  const enter = (value: unknown) => {
    const children = childrenOf(value)
    if (children === undefined || done.has(value)) return
    if (open.has(value)) throw badModel('the pickle holds a container that contains itself')
    open.add(value)
    walk.push({ value, children })
  }
  enter(root)
  for (let last = walk.at(-1); last !== undefined; last = walk.at(-1)) {
    const next = last.children.next()
    if (!next.done) enter(next.value)
    else {
      walk.pop()
      open.delete(last.value)
      done.add(last.value)
    }
  }
  return root
}

function childrenOf(value: unknown): Iterator<unknown> | undefined {
  if (value instanceof PickleTuple) return value.items.values()
  if (Array.isArray(value) || value instanceof Map) return value.values()
  return undefined
}
