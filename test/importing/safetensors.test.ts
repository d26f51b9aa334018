import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors, readShardedSafetensors } from '../../src/importing/safetensors.ts'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { CHECKPOINTS, expectedArrays, plain } from './expected-arrays.ts'

const DATA = new Uint8Array(Float32Array.of(1.5, -2, 4).buffer)
const ENTRY = { dtype: 'F32', shape: [3], data_offsets: [0, 12] }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-safetensors-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(bytes: Uint8Array) {
  const path = join(folder, 'file.safetensors')
  await writeFile(path, bytes)
  return readSafetensors(path)
}

function fileOf(header: unknown, data: Uint8Array = DATA, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const start = Buffer.alloc(8)
  start.writeBigUInt64LE(length ?? BigInt(json.length))
  return Buffer.concat([start, json, data])
}

async function refuses(bytes: Uint8Array, words: string | RegExp): Promise<void> {
  await expect(read(bytes)).rejects.toThrow(expect.objectContaining({ code: 'bad_model' }))
  await expect(read(bytes)).rejects.toThrow(words)
}

describe('files that safetensors saved', () => {
  it('reads every kind of number as torch sees it', async () => {
    expect(plain(await readSafetensors(join(CHECKPOINTS, 'plain.safetensors')))).toEqual(
      (await expectedArrays()).arrays,
    )
  })

  it('reads a model in several files by its index', async () => {
    const tensors = await readShardedSafetensors(join(CHECKPOINTS, 'model.safetensors.index.json'))
    expect(plain(tensors)).toEqual((await expectedArrays()).arrays)
  })

  it('reads what the hostile files below are made from', async () => {
    expect(plain(await read(fileOf({ w: ENTRY })))).toEqual({ w: { shape: [3], values: [1.5, -2, 4] } })
  })
})

describe('malformed files', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), '0 bytes are too few'],
    ['a header longer than the file', fileOf({ w: ENTRY }, DATA, 10_000n), 'header of 10000 bytes'],
    ['a header of 2^63 bytes', fileOf({ w: ENTRY }, DATA, 2n ** 63n), 'announces a header'],
    ['a header that is no JSON', fileOf('{"w":'), 'JSON'],
    ['a header that is a list', fileOf([ENTRY]), 'no JSON object'],
    ['no arrays', fileOf({ __metadata__: { format: 'pt' } }), 'no weights'],
    ['an unknown kind of number', fileOf({ w: { ...ENTRY, dtype: 'F8_E4M3' } }), 'w: dtype'],
    ['a shape that is no list', fileOf({ w: { ...ENTRY, shape: 3 } }), 'w: shape'],
    ['a negative size', fileOf({ w: { ...ENTRY, shape: [-3] } }), 'w: shape.0'],
    ['17 dimensions', fileOf({ w: { ...ENTRY, shape: Array(17).fill(1) } }), 'w: shape'],
    ['a place that is too small', fileOf({ w: { ...ENTRY, data_offsets: [0, 8] } }), 'takes 12 bytes; its place has 8'],
    ['a place that ends before it starts', fileOf({ w: { ...ENTRY, data_offsets: [12, 0] } }), 'its place has -12'],
    ['a place outside of the file', fileOf({ w: ENTRY }, DATA.subarray(4)), 'take 12 bytes; the file holds 8'],
    ['bytes that belong to nothing', fileOf({ w: ENTRY }, Buffer.concat([DATA, DATA])), 'the file holds 24'],
    [
      'arrays that overlap',
      fileOf({ a: ENTRY, b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }),
      'b: starts at 4',
    ],
    ['a gap', fileOf({ w: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }), 'w: starts at 4'],
    ['a shape whose product is huge', fileOf({ w: { ...ENTRY, shape: [2 ** 52, 2 ** 52] } }), 'takes'],
  ])('refuses %s', async (_, bytes, words) => {
    await refuses(bytes, words)
  })

  it('names the array that an index expects and a shard lacks', async () => {
    await cp(CHECKPOINTS, folder, { recursive: true })
    const path = join(folder, 'model.safetensors.index.json')
    const index = JSON.parse(await readFile(path, 'utf8'))
    index.weight_map.missing = 'model-00001-of-00002.safetensors'
    await writeFile(path, JSON.stringify(index))
    await expect(readShardedSafetensors(path)).rejects.toThrow(/says that missing is in model-00001/)
  })

  it('refuses an index that leads out of its folder', async () => {
    const path = join(folder, 'bad.index.json')
    await writeFile(path, JSON.stringify({ weight_map: { w: '../../secret.safetensors' } }))
    await expect(readShardedSafetensors(path)).rejects.toThrow(/weight_map/)
  })
})

describe('any file', () => {
  it('is read or refused as bad_model when a real one is cut or changed anywhere', async () => {
    const real = await readFile(join(CHECKPOINTS, 'plain.safetensors'))
    const change = fc.tuple(fc.nat(real.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(real.length), async (changes, cut) => {
        const changed = Uint8Array.from(real)
        for (const [at, value] of changes) changed[at] = value
        await readsOrRefuses(changed)
        await readsOrRefuses(changed.subarray(0, cut))
      }),
      { numRuns: 200 },
    )
  })

  it('is read or refused as bad_model, whatever its header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), (header) => readsOrRefuses(fileOf(header))),
      { numRuns: 200 },
    )
  })
})

async function readsOrRefuses(bytes: Uint8Array): Promise<void> {
  try {
    await read(bytes)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(EarwitnessError)
    expect((thrown as EarwitnessError).code).toBe('bad_model')
  }
}
