import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importModel } from '../../src/importing/import-model.ts'
import type { Tensor, Tensors } from '../../src/importing/tensors.ts'
import { safetensorsBytes, tinyBinaryAst, tinyHuggingFaceAst } from './tiny-ast.ts'
import { writePth } from './write-pth.ts'

const FORMATS = {
  pth: {
    tensors: tinyBinaryAst,
    write: writePth,
    norm: 'ast.v.norm',
    weight: 'ast.v.blocks.0.mlp.fc2.weight',
    cut: /bad\.pth: not a zip file that can be read/,
  },
  safetensors: {
    tensors: () => tinyHuggingFaceAst(1),
    write: async (path: string, tensors: Tensors) => {
      await writeFile(path, safetensorsBytes(tensors))
      return path
    },
    norm: 'audio_spectrogram_transformer.layernorm',
    weight: 'audio_spectrogram_transformer.encoder.layer.0.output.dense.weight',
    cut: /bad\.safetensors: its arrays take \d+ bytes; the file holds \d+/,
  },
} as const

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'earwitness-bad-'))
})
afterAll(() => rm(scratch, { recursive: true }))

describe.each(['pth', 'safetensors'] as const)('a .%s', (format) => {
  const { tensors: tiny, write, norm, weight, cut } = FORMATS[format]

  async function refuses(words: RegExp, change: (tensors: Map<string, Tensor>) => void, bytes?: number) {
    const tensors = new Map(tiny())
    change(tensors)
    const path = await write(join(scratch, `bad.${format}`), tensors)
    if (bytes !== undefined) await writeFile(path, (await readFile(path)).subarray(0, bytes))
    const options = { name: 'bad', out: join(scratch, 'out'), editions: ['fp32'], source: 'a test' } as const
    const imported = importModel(path, options)
    await expect(imported).rejects.toMatchObject({ code: 'bad_model', message: expect.stringMatching(words) })
    expect(await readdir(scratch)).not.toContain('out')
  }

  it.each([10_000, 100_000])('that was cut after %i bytes is refused as that', async (bytes) => {
    await refuses(cut, () => {}, bytes)
  })

  it('with a weight of another shape is refused with its name, its shape and the one it needs', async () => {
    const words = new RegExp(`^${weight} has the shape \\[64, 200\\]; \\[64, 256\\] is needed$`)
    await refuses(words, (tensors) => {
      tensors.set(weight, { shape: [64, 200], values: new Float32Array(64 * 200) })
    })
  })

  it('without an array is refused with its name and the nearest there is', async () => {
    await refuses(new RegExp(`lacks ${norm}\\.bias \\(the nearest it has: ${norm}al\\.bias\\)$`), (tensors) => {
      tensors.set(`${norm}al.bias`, tensors.get(`${norm}.bias`)!)
      tensors.delete(`${norm}.bias`)
    })
  })

  it('with a weight that is no number is refused with its name and place', async () => {
    await refuses(new RegExp(`^${weight} holds NaN at index 77`), (tensors) => {
      tensors.get(weight)!.values[77] = Number.NaN
    })
  })
})
