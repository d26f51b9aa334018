import { open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { aboutFile, badModel } from './bad-model.ts'
import { BOUNDS } from './bounds.ts'
import { readRange } from './file-range.ts'
import { BYTES_PER_NUMBER, type NumberFormat, toFloat32 } from './number-formats.ts'
import type { Tensor, Tensors } from './tensors.ts'

const FORMATS: Readonly<Record<string, NumberFormat>> = {
  F64: 'f64',
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  I64: 'i64',
  I32: 'i32',
  I16: 'i16',
  I8: 'i8',
  U8: 'u8',
  BOOL: 'bool',
}

const LENGTH_BYTES = 8

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const EntrySchema = v.object({
  dtype: v.picklist(Object.keys(FORMATS), 'dtype: is none that is read here'),
  shape: v.pipe(v.array(whole), v.maxLength(BOUNDS.dimensions)),
  data_offsets: v.tuple([whole, whole]),
})

interface Entry {
  readonly name: string
  readonly format: NumberFormat
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/** The arrays of one `.safetensors` file. @throws EarwitnessError `bad_model`, naming the file and the array. */
export function readSafetensors(path: string): Promise<Tensors> {
  return aboutFile(path, async () => {
    const file = await open(path)
    try {
      const fileBytes = (await file.stat()).size
      if (fileBytes < LENGTH_BYTES) throw badModel(`${fileBytes} bytes are too few for a .safetensors`)
      const headerBytes = headerLength(await readRange(file, 0, LENGTH_BYTES), fileBytes)
      const dataStart = LENGTH_BYTES + headerBytes
      const entries = entriesOf(await readRange(file, LENGTH_BYTES, headerBytes))
      checkPlaces(entries, fileBytes - dataStart)
      const tensors = new Map<string, Tensor>()
      for (const { name, shape, format, start, end } of entries) {
        const bytes = await readRange(file, dataStart + start, end - start)
        tensors.set(name, { shape, values: toFloat32(bytes, format) })
      }
      return tensors
    } finally {
      await file.close()
    }
  })
}

const IndexSchema = v.object({ weight_map: v.record(v.string(), v.pipe(v.string(), v.regex(/^[\w][\w.-]*$/))) })

/**
 * The arrays of a model in several files, by its `model.safetensors.index.json`. The files lie beside it.
 * @throws EarwitnessError `bad_model`
 */
export async function readShardedSafetensors(indexPath: string): Promise<Tensors> {
  const places = await aboutFile(indexPath, () => readIndex(indexPath))
  const shards = new Map<string, Tensors>()
  for (const shard of new Set(places.values())) {
    shards.set(shard, await readSafetensors(join(dirname(indexPath), shard)))
  }
  const tensors = new Map<string, Tensor>()
  for (const [name, shard] of places) {
    const tensor = shards.get(shard)!.get(name)
    if (tensor === undefined) throw badModel(`${indexPath}: says that ${name} is in ${shard}, which does not hold it`)
    tensors.set(name, tensor)
  }
  return tensors
}

/** The files that an index names. @throws EarwitnessError `bad_model` */
export async function readShardNames(indexPath: string): Promise<ReadonlySet<string>> {
  return new Set((await aboutFile(indexPath, () => readIndex(indexPath))).values())
}

async function readIndex(path: string): Promise<ReadonlyMap<string, string>> {
  const { size } = await stat(path)
  if (size > BOUNDS.headerBytes) throw badModel(`has ${size} bytes; at most ${BOUNDS.headerBytes} are read`)
  const result = v.safeParse(IndexSchema, JSON.parse(await readFile(path, 'utf8')), { abortEarly: true })
  if (!result.success) throw badModel(`weight_map: ${result.issues[0].message}`)
  return new Map(Object.entries(result.output.weight_map))
}

function headerLength(bytes: Uint8Array, fileBytes: number): number {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const most = Math.min(BOUNDS.headerBytes, fileBytes - LENGTH_BYTES)
  if (length > most) throw badModel(`announces a header of ${length} bytes; at most ${most} can be`)
  return length
}

function entriesOf(header: Uint8Array): readonly Entry[] {
  const json: unknown = JSON.parse(Buffer.from(header).toString('utf8'))
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw badModel('its header is no JSON object')
  const entries = Object.entries(json).filter(([name]) => name !== '__metadata__')
  if (entries.length === 0) throw badModel('there are no weights in it')
  return entries.map(([name, value]) => entryOf(name, value))
}

function entryOf(name: string, value: unknown): Entry {
  const result = v.safeParse(EntrySchema, value, { abortEarly: true })
  if (!result.success) {
    const [issue] = result.issues
    throw badModel(`${name}: ${v.getDotPath(issue) ?? 'entry'}: ${issue.message}`)
  }
  const {
    dtype,
    shape,
    data_offsets: [start, end],
  } = result.output
  const format = FORMATS[dtype]!
  const bytes = shape.reduce((product, size) => product * size, BYTES_PER_NUMBER[format])
  if (end - start !== bytes) {
    throw badModel(`${name}: ${dtype} [${shape.join(', ')}] takes ${bytes} bytes; its place has ${end - start}`)
  }
  if (bytes > BOUNDS.arrayBytes) throw badModel(`${name}: has ${bytes} bytes; at most ${BOUNDS.arrayBytes} are read`)
  return { name, format, shape, start, end }
}

/** Each array has its own place, and the places fill the file: this is what the format asks for. */
function checkPlaces(entries: readonly Entry[], dataBytes: number): void {
  const inOrder = [...entries].sort((one, other) => one.start - other.start || one.end - other.end)
  let position = 0
  for (const { name, start, end } of inOrder) {
    if (start !== position) throw badModel(`${name}: starts at ${start}, where ${position} ended the array before it`)
    position = end
  }
  if (position !== dataBytes) throw badModel(`its arrays take ${position} bytes; the file holds ${dataBytes} for them`)
}
