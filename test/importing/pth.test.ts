import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPth } from '../../src/importing/pth.ts'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { CHECKPOINTS, expectedArrays, plain } from './expected-arrays.ts'
import { op, pickleOf, type TensorClaims, tensorBytes } from './pickle-writer.ts'
import { type ZipEntry, zipBytes } from './zip-writer.ts'

const WEIGHTS = new Uint8Array(Float32Array.of(1.5, -2).buffer)
const WEIGHTS_ENTRY: ZipEntry = { name: 'a/data/0', bytes: WEIGHTS }

const PLAIN_OPERATIONS: Uint8Array[] = Object.values(op).filter((value) => value instanceof Uint8Array)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-pth-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(bytes: Uint8Array) {
  const path = join(folder, 'file.pth')
  await writeFile(path, bytes)
  return readPth(path)
}

function checkpoint(pickle: Uint8Array, ...more: ZipEntry[]): Uint8Array {
  return zipBytes([{ name: 'a/data.pkl', bytes: pickle }, ...(more.length > 0 ? more : [WEIGHTS_ENTRY])])
}

function program(...operations: Uint8Array[]): Uint8Array {
  return checkpoint(Buffer.concat([op.proto(), ...operations, op.stop]))
}

async function refuses(bytes: Uint8Array, words: string | RegExp): Promise<void> {
  await expect(read(bytes)).rejects.toThrow(expect.objectContaining({ code: 'bad_model' }))
  await expect(read(bytes)).rejects.toThrow(words)
}

describe('checkpoints that PyTorch saved', () => {
  it.each(['bare.pth', 'training.pth', 'lightning.pth'])('reads the weights of %s', async (name) => {
    expect(plain(await readPth(join(CHECKPOINTS, name)))).toEqual((await expectedArrays()).state)
  })

  it('reads strided, shared, repeated and half precision arrays as torch sees them', async () => {
    expect(plain(await readPth(join(CHECKPOINTS, 'views.pth')))).toEqual((await expectedArrays()).views)
  })

  it('refuses an old pickle and says how to save it again', async () => {
    await expect(readPth(join(CHECKPOINTS, 'old.pth'))).rejects.toThrow(/before 1\.6.*torch\.save\(torch\.load\(/)
  })

  it('refuses a module that was saved whole, and names its class', async () => {
    await expect(readPth(join(CHECKPOINTS, 'whole-module.pth'))).rejects.toThrow(/"__main__\.Small".*not run/)
  })

  it('refuses a TorchScript program and says what to save', async () => {
    await expect(readPth(join(CHECKPOINTS, 'script.pth'))).rejects.toThrow(/TorchScript.*state_dict/)
  })
})

describe('hostile pickles', () => {
  it('reads the plain file that the hostile ones are made from', async () => {
    const tensors = await read(checkpoint(pickleOf({ w: tensorBytes() })))
    expect(plain(tensors)).toEqual({ w: { shape: [2], values: [1.5, -2] } })
  })

  it('reads the weights under `model`, beside values that are of no use here', async () => {
    const weights = [op.emptyDict, op.text('w'), tensorBytes(), op.setItem]
    const seed = [op.text('seed'), op.long(2n ** 63n - 1n), op.setItem]
    const kinds = [op.text('kinds'), op.global('__builtin__', 'set'), op.emptyList, op.tuple1, op.reduce, op.setItem]
    const pairs = [op.text('pairs'), op.emptyDict, op.emptyTuple, op.int(1), op.setItem, op.setItem]
    const tensors = await read(
      program(op.emptyDict, op.text('model'), ...weights, op.setItem, ...seed, ...kinds, ...pairs),
    )
    expect(plain(tensors)).toEqual({ w: { shape: [2], values: [1.5, -2] } })
  })

  it.each([
    ['posix', 'system'],
    ['os', 'system'],
    ['builtins', 'eval'],
    ['torch', 'load'],
    ['collections', 'OrderedDict.__init__'],
    ['__proto__', 'constructor'],
  ])('refuses to call %s.%s', async (module, name) => {
    const call = [op.global(module, name), op.text('touch pwned'), op.tuple1, op.reduce]
    await refuses(program(...call), `${module}.${name}`)
  })

  it.each([
    ['a storage class', [op.global('torch', 'FloatStorage'), op.emptyTuple, op.reduce]],
    ['a text', [op.text('os.system'), op.emptyTuple, op.reduce]],
    ['with a list of arguments', [op.global('torch', 'Size'), op.emptyList, op.reduce]],
  ])('refuses to call %s', async (_, operations) => {
    await refuses(program(...operations), 'calls what cannot be called')
  })

  it.each([0x69, 0x6f, 0x81, 0x92, 0x82, 0x50, 0x53, 0x49, 0x8b, 0xff])(
    'refuses operation 0x%x, which no checkpoint needs',
    async (code) => {
      await refuses(program(Buffer.from([code])), `0x${code.toString(16)}`)
    },
  )

  it('refuses to set attributes of a tensor', async () => {
    await refuses(program(tensorBytes(), op.emptyDict, op.build), 'sets attributes')
  })

  it('refuses a dictionary that contains itself', async () => {
    const cycle = [op.emptyDict, op.put(0), op.text('model_state_dict'), op.get(0), op.setItem]
    await refuses(program(...cycle), 'contains itself')
  })

  it('refuses a cycle through a list and a tuple', async () => {
    const cycle = [op.emptyList, op.put(0), op.get(0), op.tuple1, op.append]
    await refuses(program(...cycle), 'contains itself')
  })

  it('walks a memo bomb once and refuses it for holding no weights', async () => {
    const doublings = Array.from({ length: 100_000 }, () => Buffer.concat([op.put(0), op.get(0), op.tuple2]))
    await refuses(program(op.emptyTuple, ...doublings), 'no dictionary of weights')
  })

  it('takes deep nesting without a stack overflow', async () => {
    await refuses(program(op.emptyList, Buffer.alloc(500_000, op.tuple1)), 'no dictionary of weights')
  })

  it('takes half a million open marks', async () => {
    await refuses(program(Buffer.alloc(500_000, op.mark)), 'empty stack')
  })

  it.each([
    ['a text longer than the file', [op.textClaiming('w', 0xffff_ffff)], 'announces 4294967295 bytes'],
    ['a text of 2^63 bytes', [Buffer.from([0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80])], 'announces'],
    ['a number of 255 bytes', [Buffer.from([0x8a, 255]), Buffer.alloc(255, 1)], 'no dictionary'],
    ['a memo index that was never kept', [op.get(7)], 'recalls value 7'],
    ['a value from nothing', [op.tuple1], 'empty stack'],
    ['a group that is not open', [op.tuple], 'did not open'],
    ['an item of a list', [op.emptyList, op.text('k'), op.int(1), op.setItem], 'not a dictionary'],
    ['an element of a dictionary', [op.emptyDict, op.int(1), op.append], 'not a list'],
    ['a key without a value', [op.emptyDict, op.mark, op.text('k'), op.setItems], 'without a value'],
    ['a container as a key', [op.emptyDict, op.emptyList, op.int(1), op.setItem], 'no weights in it'],
    ['protocol 9', [op.proto(9)], 'protocol 9'],
    ['a name without an end', [Buffer.from('ctorch')], 'inside a name'],
    ['a persistent id that is a text', [op.text('0'), op.persistent], 'unknown way'],
  ])('refuses %s', async (_, operations, words) => {
    await refuses(program(...operations), words)
  })

  it('keeps a value at the highest memo index without making room for those before it', async () => {
    await refuses(program(op.emptyDict, op.longPut(0xffff_ffff)), 'no weights')
  })

  it.each([
    ['no value', pickleOf({}), 'no weights'],
    ['a text among the weights', pickleOf({ w: tensorBytes(), note: op.text('x') }), '"note" is no tensor'],
    ['no stop', Buffer.concat([op.proto(), op.emptyDict]), 'announces 1 bytes'],
    ['nothing', Buffer.alloc(0), 'announces 1 bytes'],
  ])('refuses a pickle with %s', async (_, pickle, words) => {
    await refuses(checkpoint(pickle), words)
  })
})

describe('hostile tensors', () => {
  it.each<[string, TensorClaims, string]>([
    ['that starts behind its storage', { offset: 1 }, 'reaches value 2'],
    ['that is larger than its storage', { shape: [3] }, 'reaches value 2'],
    ['that steps out of its storage', { shape: [2], strides: [2] }, 'reaches value 2'],
    ['with a negative offset', { offset: -1 }, 'no whole number'],
    ['with a negative size', { shape: [-2] }, 'no whole number'],
    ['with a negative step', { strides: [-1] }, 'no whole number'],
    ['with fewer steps than sizes', { shape: [1, 2], strides: [1] }, '2 dimensions and 1 steps'],
    ['of 2^52 values repeated from one', { shape: [2n ** 52n], strides: [0] }, 'values from'],
    ['of 17 dimensions', { shape: Array(17).fill(1), strides: Array(17).fill(1) }, '17 dimensions'],
    ['whose storage holds less than it is said to', { count: 3, shape: [3] }, 'has 8 bytes'],
    ['whose storage is said to be huge', { count: 2 ** 31 - 1 }, 'said to hold'],
    ['whose storage is missing', { key: '9' }, 'a/data/9 is missing'],
    ['whose storage is elsewhere', { key: '../../../etc/passwd' }, 'is missing'],
    ['of an unknown storage', { storage: 'ComplexFloatStorage' }, 'ComplexFloatStorage'],
  ])('refuses a tensor %s', async (_, claims, words) => {
    await refuses(checkpoint(pickleOf({ w: tensorBytes(claims) })), words)
  })

  it('refuses a storage that is described in two ways', async () => {
    const other = tensorBytes({ storage: 'HalfStorage', count: 4, shape: [4] })
    await refuses(checkpoint(pickleOf({ a: tensorBytes(), b: other })), 'two ways')
  })
})

describe('hostile zips', () => {
  const pickle = pickleOf({ w: tensorBytes() })

  it.each<[string, ZipEntry['claims'] & object, string]>([
    ['compressed', { method: 8 }, 'compressed'],
    ['said to be larger than the file', { size: 2 ** 31 }, 'file data overflows|the file ends'],
    ['changed since it was saved', { crc: 1 }, 'damaged'],
    ['somewhere behind the end', { offset: 2 ** 30 }, 'the file ends at byte 1073741824'],
  ])('refuses a storage that is %s', async (_, claims, words) => {
    await refuses(checkpoint(pickle, { ...WEIGHTS_ENTRY, claims }), new RegExp(words))
  })

  it('refuses two files of one name', async () => {
    await refuses(checkpoint(pickle, WEIGHTS_ENTRY, WEIGHTS_ENTRY), 'lists a/data/0 twice')
  })

  it('refuses files that leave the archive', async () => {
    await refuses(
      checkpoint(pickle, WEIGHTS_ENTRY, { name: '../b', bytes: WEIGHTS }),
      'not a zip file that can be read',
    )
  })

  it('refuses a zip without a pickle', async () => {
    await refuses(zipBytes([WEIGHTS_ENTRY]), 'not one of torch.save')
  })

  it('refuses big-endian numbers', async () => {
    const order = { name: 'a/byteorder', bytes: Buffer.from('big') }
    await refuses(checkpoint(pickle, WEIGHTS_ENTRY, order), 'stored big-endian')
  })

  it('refuses storages that overlap to more than the file holds', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `${index}`)
    const tensors = Object.fromEntries(names.map((key) => [key, tensorBytes({ key, count: 4096, shape: [1] })]))
    const bytes = new Uint8Array(4 * 4096)
    const overlapping = names.map((key, index) => ({
      name: `a/data/${key}`,
      bytes: index === 0 ? bytes : new Uint8Array(),
      claims: { size: bytes.length, offset: 0 },
    }))
    await refuses(checkpoint(pickleOf(tensors), ...overlapping), 'the whole file has')
  })

  it('says of an empty and of a missing file what they are', async () => {
    await refuses(new Uint8Array(), 'is empty')
    await expect(readPth(join(folder, 'none.pth'))).rejects.toThrow(/none\.pth: .*no such file/)
  })
})

describe('any file', () => {
  it('is read or refused as bad_model, whatever its bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), readsOrRefuses), { numRuns: 200 })
  })

  it('is read or refused as bad_model, whatever its pickle', async () => {
    const operation = fc.oneof(
      fc.constantFrom(...PLAIN_OPERATIONS, tensorBytes(), op.put(0), op.get(0)),
      fc.uint8Array({ minLength: 1, maxLength: 3 }),
    )
    const pickles = fc.array(operation, { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(pickles, (operations) => readsOrRefuses(program(...operations))),
      { numRuns: 500 },
    )
  })

  it('is read or refused as bad_model when a real one is cut or changed anywhere', async () => {
    const real = await readFile(join(CHECKPOINTS, 'training.pth'))
    const change = fc.tuple(fc.nat(real.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(real.length), async (changes, cut) => {
        const changed = Uint8Array.from(real)
        for (const [at, value] of changes) changed[at] = value
        await readsOrRefuses(changed)
        await readsOrRefuses(changed.subarray(0, cut))
      }),
      { numRuns: 300 },
    )
  })
})

async function readsOrRefuses(bytes: Uint8Array): Promise<void> {
  try {
    await read(bytes)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(EarwitnessError)
    expect((thrown as EarwitnessError).code).toBe('bad_model')
    // A message of the runtime would show a case that nobody thought of.
    expect((thrown as Error).cause).not.toBeInstanceOf(TypeError)
  }
}
