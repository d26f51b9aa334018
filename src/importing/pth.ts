import { type FileHandle, open } from 'node:fs/promises'
import { aboutFile, badModel } from './bad-model.ts'
import { BOUNDS } from './bounds.ts'
import { BYTES_PER_NUMBER, type NumberFormat, toFloat32 } from './number-formats.ts'
import { readPickle } from './pickle.ts'
import { PickleGlobal, PickleTuple, Unused } from './pickle-stack.ts'
import { StoredZip } from './stored-zip.ts'
import { isWhole, StridedView } from './strided-view.ts'
import type { Tensor, Tensors } from './tensors.ts'

const STORAGE_FORMATS: Readonly<Record<string, NumberFormat>> = {
  FloatStorage: 'f32',
  HalfStorage: 'f16',
  BFloat16Storage: 'bf16',
  DoubleStorage: 'f64',
  LongStorage: 'i64',
  IntStorage: 'i32',
  ShortStorage: 'i16',
  CharStorage: 'i8',
  ByteStorage: 'u8',
  BoolStorage: 'bool',
}

/** What `_rebuild_tensor_v2` is called with: an array in a file of the zip, not yet read. */
class StoredTensor {
  readonly storage: Storage
  readonly view: StridedView

  constructor(storage: Storage, view: StridedView) {
    this.storage = storage
    this.view = view
  }
}

class Storage {
  readonly key: string
  readonly format: NumberFormat
  readonly count: number

  constructor(key: string, format: NumberFormat, count: number) {
    this.key = key
    this.format = format
    this.count = count
  }
}

/** A storage class: named in a persistent id, never called. */
class StorageClass extends PickleGlobal {
  readonly format: NumberFormat

  constructor(name: string, format: NumberFormat) {
    super(name)
    this.format = format
  }
}

const unused = () => new Unused()

/** The only names that a checkpoint may use, by module and name. */
const ALLOWED: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...Object.entries(STORAGE_FORMATS).map(([name, format]) => new StorageClass(`torch ${name}`, format)),
    ...['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'uint8', 'bool'].map(
      (name) => new PickleGlobal(`torch ${name}`),
    ),
    new PickleGlobal('collections OrderedDict', orderedDict),
    new PickleGlobal('torch._utils _rebuild_tensor_v2', rebuildTensor),
    new PickleGlobal('torch._utils _rebuild_parameter', ([tensor]) => tensor),
    new PickleGlobal('torch Size', unused),
    new PickleGlobal('torch device', unused),
    // A loss or an accuracy kept as a numpy scalar.
    new PickleGlobal('numpy dtype', unused),
    new PickleGlobal('numpy.core.multiarray scalar', unused),
    new PickleGlobal('numpy._core.multiarray scalar', unused),
    new PickleGlobal('_codecs encode', unused),
    new PickleGlobal('__builtin__ set', unused),
    new PickleGlobal('builtins set', unused),
  ].map((global) => [global.name, global]),
)

/**
 * The weights of a checkpoint that `torch.save` wrote as a zip (torch 1.6 and later): under `model_state_dict`,
 * `state_dict` or `model`, or the whole file. Its pickle is read by an allow-list and never executed.
 * @throws EarwitnessError `bad_model`, naming the file and what is wrong with it.
 */
export function readPth(path: string): Promise<Tensors> {
  return aboutFile(path, async () => {
    await refuseOtherKinds(path)
    const zip = await StoredZip.open(path)
    try {
      return await tensorsOf(zip)
    } finally {
      await zip.close()
    }
  })
}

/** The first letters of every zip. */
const ZIP = Buffer.from('PK')

async function refuseOtherKinds(path: string): Promise<void> {
  const file = await open(path)
  const start = await firstBytes(file).finally(() => file.close())
  if (start.length === 0) throw badModel('the file is empty')
  if (start[0] === 0x80) {
    throw badModel(
      'an old checkpoint: a bare pickle, as torch before 1.6 wrote them. Save it again with a newer one: torch.save(torch.load("old.pth", map_location="cpu"), "new.pth")',
    )
  }
  if (!ZIP.equals(start.subarray(0, ZIP.length))) {
    throw badModel('is no zip, as torch.save writes them; files of another kind must end in .safetensors or .onnx')
  }
}

async function firstBytes(file: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0)
  return buffer.subarray(0, bytesRead)
}

async function tensorsOf(zip: StoredZip): Promise<Tensors> {
  const root = rootOf(zip)
  await checkByteOrder(zip, root)
  const pickle = await zip.read(`${root}/data.pkl`, BOUNDS.pickleBytes)
  const value = readPickle(pickle, { find: (module, name) => ALLOWED.get(`${module} ${name}`), load: loadStorage })
  return readAll(zip, root, stateDictOf(value))
}

function rootOf(zip: StoredZip): string {
  const [name, ...others] = zip.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name))
  if (name === undefined || others.length > 0) {
    throw badModel(`a zip, but not one of torch.save: it holds ${others.length + (name ? 1 : 0)} data.pkl, not one`)
  }
  const root = name.slice(0, -'/data.pkl'.length)
  if (zip.size(`${root}/constants.pkl`) !== undefined) {
    throw badModel(
      'a TorchScript program, not weights. Save the weights: torch.save(model.state_dict(), "weights.pth")',
    )
  }
  return root
}

async function checkByteOrder(zip: StoredZip, root: string): Promise<void> {
  const name = `${root}/byteorder`
  if (zip.size(name) === undefined) return
  const order = Buffer.from(await zip.read(name, 16)).toString('latin1')
  if (order !== 'little') throw badModel(`its numbers are stored ${order}-endian; only little-endian is read`)
}

function orderedDict(args: readonly unknown[]): Map<unknown, unknown> {
  if (args.length > 0) throw badModel('the pickle makes an OrderedDict out of other values')
  return new Map()
}

function loadStorage(id: unknown): Storage {
  const [kind, storageClass, key, , count] = id instanceof PickleTuple ? id.items : []
  if (kind !== 'storage' || !(storageClass instanceof StorageClass) || typeof key !== 'string' || !isWhole(count)) {
    throw badModel('the pickle refers to a storage in an unknown way')
  }
  if (count * BYTES_PER_NUMBER[storageClass.format] > BOUNDS.arrayBytes) {
    throw badModel(`the storage ${JSON.stringify(key)} is said to hold ${count} numbers`)
  }
  return new Storage(key, storageClass.format, count)
}

function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): StoredTensor {
  if (!(storage instanceof Storage)) throw badModel('a tensor in the pickle has no storage')
  if (!(shape instanceof PickleTuple) || !(strides instanceof PickleTuple)) {
    throw badModel('a tensor in the pickle has no shape')
  }
  return new StoredTensor(storage, StridedView.within(storage.count, offset, shape.items, strides.items))
}

function stateDictOf(value: unknown): ReadonlyMap<string, StoredTensor> {
  const top = dictionary(value, 'the checkpoint')
  const key = ['model_state_dict', 'state_dict', 'model'].find((name) => top.get(name) instanceof Map)
  const dict = key === undefined ? top : dictionary(top.get(key), key)
  if (dict.size === 0) throw badModel('there are no weights in it')
  for (const [name, tensor] of dict) {
    if (typeof name === 'string' && tensor instanceof StoredTensor) continue
    throw badModel(
      `${JSON.stringify(name)} is no tensor, so these are not the weights; they are looked for under model_state_dict, state_dict, model, or as the whole file`,
    )
  }
  return dict as Map<string, StoredTensor>
}

function dictionary(value: unknown, name: string): ReadonlyMap<unknown, unknown> {
  if (value instanceof Map) return value
  throw badModel(`${name} is no dictionary of weights`)
}

/**
 * Views may share a storage and even repeat it, and files in a zip may overlap; a small file must not become large
 * memory or long work by that.
 */
function checkTotal(zip: StoredZip, storages: readonly Group[]): void {
  const bytes = storages.reduce((sum, [{ count, format }]) => sum + count * BYTES_PER_NUMBER[format], 0)
  const tensors = storages.flatMap(([, tensors]) => tensors)
  const values = tensors.reduce((sum, [, { view }]) => sum + view.count, 0)
  if (Math.max(bytes, values) > zip.bytes) {
    throw badModel(`its tensors have ${values} values from ${bytes} bytes; the whole file has ${zip.bytes} bytes`)
  }
}

type Group = readonly [Storage, [name: string, StoredTensor][]]

function byStorage(stored: ReadonlyMap<string, StoredTensor>): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const [name, tensor] of stored) {
    const group = groups.get(tensor.storage.key) ?? [tensor.storage, []]
    checkSameStorage(group[0], tensor.storage)
    group[1].push([name, tensor])
    groups.set(tensor.storage.key, group)
  }
  return [...groups.values()]
}

/** Storage by storage, so that beside the result only one is in memory; the order of the names is kept. */
async function readAll(zip: StoredZip, root: string, stored: ReadonlyMap<string, StoredTensor>): Promise<Tensors> {
  const groups = byStorage(stored)
  checkTotal(zip, groups)
  const result = new Map<string, Tensor | undefined>([...stored.keys()].map((name) => [name, undefined]))
  for (const [storage, tensors] of groups) {
    const values = await readStorage(zip, root, storage)
    for (const [name, { view }] of tensors) result.set(name, { shape: view.shape, values: view.read(values) })
  }
  return result as Tensors
}

async function readStorage(zip: StoredZip, root: string, { key, format, count }: Storage): Promise<Float32Array> {
  const name = `${root}/data/${key}`
  const bytes = await zip.read(name, BOUNDS.arrayBytes)
  const expected = count * BYTES_PER_NUMBER[format]
  if (bytes.byteLength !== expected) {
    throw badModel(`${name} has ${bytes.byteLength} bytes; ${count} numbers of kind ${format} take ${expected}`)
  }
  return toFloat32(bytes, format)
}

function checkSameStorage(first: Storage, other: Storage): void {
  if (other.format !== first.format || other.count !== first.count) {
    throw badModel(`the storage ${JSON.stringify(first.key)} is described in two ways`)
  }
}
