import { writeFile } from 'node:fs/promises'
import { op, pickleOf, tensorBytes } from './pickle-writer.ts'
import { tinyBinaryAst } from './tiny-ast.ts'
import { zipBytes } from './zip-writer.ts'

/** As torch.save would write it: one zip entry for each array. */
export async function writePth(path: string, tensors = tinyBinaryAst()): Promise<string> {
  const names = [...tensors.keys()]
  const entries = names.map((name, key) => {
    const { shape, values } = tensors.get(name)!
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
    return [name, tensorBytes({ key: `${key}`, count: values.length, shape, strides })] as const
  })
  const dict = pickleOf(Object.fromEntries(entries)).subarray(2, -1)
  const pickle = Buffer.concat([op.proto(), op.emptyDict, op.text('model_state_dict'), dict, op.setItem, op.stop])
  const data = names.map((name, key) => {
    const { values } = tensors.get(name)!
    return { name: `final/data/${key}`, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
  })
  await writeFile(path, zipBytes([{ name: 'final/data.pkl', bytes: pickle }, ...data]))
  return path
}
