import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tensors } from '../../src/importing/tensors.ts'

/** Files that PyTorch and safetensors wrote: test/golden/make_checkpoints.py. */
export const CHECKPOINTS = join(import.meta.dirname, '../golden/checkpoints')

interface Plain {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

type Kind = 'state' | 'views' | 'arrays'

/** What torch itself says is in them. */
export async function expectedArrays(): Promise<Record<Kind, Record<string, Plain>>> {
  return JSON.parse(await readFile(join(CHECKPOINTS, 'expected.json'), 'utf8'))
}

/** Tensors as JSON would hold them. */
export function plain(tensors: Tensors): Record<string, Plain> {
  return Object.fromEntries([...tensors].map(([name, { shape, values }]) => [name, { shape, values: [...values] }]))
}
