import { badModel } from './bad-model.ts'

/** What a name in a pickle stands for here. Without `call` it may be named but not called. */
export class PickleGlobal {
  readonly name: string
  readonly call: ((args: readonly unknown[]) => unknown) | undefined

  constructor(name: string, call?: (args: readonly unknown[]) => unknown) {
    this.name = name
    this.call = call
  }
}

/** A value that was read and is of no use here, such as a numpy scalar. */
export class Unused {}

/** Tuples are apart from lists: lists grow, tuples are arguments. */
export class PickleTuple {
  readonly items: readonly unknown[]

  constructor(items: readonly unknown[]) {
    this.items = items
  }
}

/** The stack of a pickle, its marks and its memo. Every operation says what is wrong rather than give `undefined`. */
export class PickleStack {
  readonly #values: unknown[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, unknown>()

  push(value: unknown): void {
    this.#values.push(value)
  }

  pop(): unknown {
    if (this.#values.length <= this.#floor) throw badModel('the pickle takes a value from an empty stack')
    return this.#values.pop()
  }

  top(): unknown {
    if (this.#values.length <= this.#floor) throw badModel('the pickle looks at an empty stack')
    return this.#values.at(-1)
  }

  mark(): void {
    this.#marks.push(this.#values.length)
  }

  popToMark(): unknown[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw badModel('the pickle closes a group that it did not open')
    return this.#values.splice(mark)
  }

  /** The last `count` values, first pushed first. */
  popTuple(count: number): PickleTuple {
    const items = Array.from({ length: count }, () => this.pop())
    return new PickleTuple(items.reverse())
  }

  memoise(key = this.#memo.size): void {
    this.#memo.set(key, this.top())
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) throw badModel(`the pickle recalls value ${key}, which it never kept`)
    this.push(this.#memo.get(key))
  }

  get #floor(): number {
    return this.#marks.at(-1) ?? 0
  }
}

/** Adds to a list. */
export function appendAll(target: unknown, items: readonly unknown[]): void {
  if (!Array.isArray(target)) throw badModel('the pickle appends to what is not a list')
  for (const item of items) target.push(item)
}

/** Adds to a dictionary what has a string, number, boolean or None as key: nothing else has a name that matters here. */
export function setAll(target: unknown, keysAndValues: readonly unknown[]): void {
  if (!(target instanceof Map)) throw badModel('the pickle sets an item of what is not a dictionary')
  if (keysAndValues.length % 2 !== 0) throw badModel('the pickle sets a key without a value')
  for (let index = 0; index < keysAndValues.length; index += 2) {
    const key = keysAndValues[index]
    if (typeof key !== 'object' || key === null) target.set(key, keysAndValues[index + 1])
  }
}
