/** The operations of a pickle, one by one, for tests that write hostile ones. */
export const op = {
  proto: (version = 2) => Buffer.from([0x80, version]),
  stop: Buffer.from('.'),
  mark: Buffer.from('('),
  emptyDict: Buffer.from('}'),
  emptyList: Buffer.from(']'),
  emptyTuple: Buffer.from(')'),
  tuple: Buffer.from('t'),
  tuple1: Buffer.from([0x85]),
  tuple2: Buffer.from([0x86]),
  setItem: Buffer.from('s'),
  setItems: Buffer.from('u'),
  append: Buffer.from('a'),
  reduce: Buffer.from('R'),
  build: Buffer.from('b'),
  persistent: Buffer.from('Q'),
  no: Buffer.from([0x89]),
  put: (key: number) => Buffer.from([0x71, key]),
  longPut: (key: number) => Buffer.concat([Buffer.from('r'), uint32(key)]),
  get: (key: number) => Buffer.from([0x68, key]),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text: (value: string) => textOf(value, Buffer.byteLength(value)),
  /** Text whose length is said to be another. */
  textClaiming: (value: string, length: number) => textOf(value, length),
  int: (value: number) => {
    const bytes = Buffer.alloc(5)
    bytes.write('J')
    bytes.writeInt32LE(value, 1)
    return bytes
  },
  long: (value: bigint) => {
    const bytes = Buffer.alloc(10)
    bytes.set([0x8a, 8])
    bytes.writeBigInt64LE(value, 2)
    return bytes
  },
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function textOf(value: string, length: number): Buffer {
  return Buffer.concat([Buffer.from('X'), uint32(length), Buffer.from(value)])
}

export interface TensorClaims {
  readonly key?: string
  readonly count?: number
  readonly offset?: number
  readonly shape?: readonly (number | bigint)[]
  readonly strides?: readonly (number | bigint)[]
  readonly storage?: string
}

/** A tensor as torch.save writes it. */
export function tensorBytes(claims: TensorClaims = {}): Buffer {
  const { key = '0', count = 2, offset = 0, shape = [2], strides = [1], storage = 'FloatStorage' } = claims
  return Buffer.concat([
    op.global('torch._utils', '_rebuild_tensor_v2'),
    ...[op.mark, op.mark, op.text('storage'), op.global('torch', storage), op.text(key), op.text('cpu'), op.int(count)],
    ...[op.tuple, op.persistent, op.int(offset), numbers(shape), numbers(strides), op.no],
    ...[op.global('collections', 'OrderedDict'), op.emptyTuple, op.reduce, op.tuple, op.reduce],
  ])
}

function numbers(values: readonly (number | bigint)[]): Buffer {
  const items = values.map((value) => (typeof value === 'bigint' ? op.long(value) : op.int(value)))
  return Buffer.concat([op.mark, ...items, op.tuple])
}

/** A dictionary with these values, from protocol to stop. */
export function pickleOf(values: Readonly<Record<string, Uint8Array>>): Buffer {
  const items = Object.entries(values).flatMap(([name, value]) => [op.text(name), value])
  return Buffer.concat([op.proto(), op.emptyDict, op.mark, ...items, op.setItems, op.stop])
}
