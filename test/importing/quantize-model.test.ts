import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ImportOptions, importModel } from '../../src/importing/import-model.ts'
import { quantizeModel } from '../../src/importing/quantize-model.ts'
import { readModelPackage } from '../../src/scoring/model-package.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'
import { safetensorsBytes, tinyBinaryAst } from './tiny-ast.ts'

const checkpoint = (name: string) => fileURLToPath(new URL(`../golden/ast/${name}`, import.meta.url))
const ignore = (): void => {}

let scratch: string
let made = 0
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'earwitness-quantize-'))
})
afterAll(() => rm(scratch, { recursive: true }))

async function imported(path: string, editions: ImportOptions['editions'] = ['fp32']): Promise<string> {
  made += 1
  const options = { name: 'model', out: join(scratch, `${made}`), editions, source: 'a test' }
  return (await importModel(path, options)).folder
}

/** Everything in a folder: what a refusal must leave as it was. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const)),
  )
}

async function refusal(folder: string, precision: 'int8' | 'fp16' = 'int8'): Promise<string> {
  const before = await contents(folder)
  const message = await quantizeModel(folder, precision, ignore).then(
    () => 'was not refused',
    (thrown: Error) => thrown.message,
  )
  expect(await contents(folder)).toEqual(before)
  return message
}

/** An import whose golden window lies at a probability of one half, on a slope so steep that int8 falls off it. */
async function steepModel(): Promise<string> {
  const tensors = tinyBinaryAst()
  const head = tensors.get('ast.mlp_head.2.weight')!.values
  for (let at = 0; at < head.length; at += 1) head[at]! *= 3000
  const path = join(scratch, 'steep.safetensors')
  const write = () => writeFile(path, safetensorsBytes(tensors))
  await write()
  const { manifest } = await readModelPackage(await imported(path), 'cpu')
  tensors.get('ast.mlp_head.2.bias')!.values[0]! -= manifest.golden.fakeLogit
  await write()
  return imported(path)
}

describe.each(['binary.pth', 'hugging-face'])('an edition added to the fp32 package of %s', (name) => {
  it.each(['int8', 'fp16'] as const)('is to the byte the %s edition of an import', async (precision) => {
    const folder = await imported(checkpoint(name))
    const { path } = await quantizeModel(folder, precision, ignore)
    const whole = await imported(checkpoint(name), [precision])
    expect((await readFile(path)).equals(await readFile(join(whole, `model.${precision}.onnx`)))).toBe(true)
  })
})

describe('quantising a model', () => {
  it('puts both editions into the manifest, in its order, and keeps what else stands there', async () => {
    const folder = await imported(checkpoint('binary.pth'))
    const path = join(folder, 'model.json')
    const before = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...before, note: 'kept' }))
    await quantizeModel(folder, 'fp16', ignore)
    await quantizeModel(folder, 'int8', ignore)
    const after = JSON.parse(await readFile(path, 'utf8'))
    expect(after).toEqual({ ...before, note: 'kept', files: [expect.anything(), expect.anything(), before.files[0]] })
    const { manifest } = await readModelPackage(folder, 'auto')
    expect(manifest.files.map(({ precision, tolerance }) => [precision, tolerance])).toEqual([
      ['int8', expect.closeTo(0.055, 2)],
      ['fp16', 0.05],
      ['fp32', 0.001],
    ])
    expect((await readdir(folder)).sort()).toEqual(
      ['README.md', 'golden.npy', 'model.fp16.onnx', 'model.fp32.onnx', 'model.int8.onnx', 'model.json'].sort(),
    )
  })

  it('says how much smaller it is and how far from fp32, and each step on the way', async () => {
    const folder = await imported(checkpoint('binary.pth'))
    const steps: [string, number, number][] = []
    const { fp32Bytes, check } = await quantizeModel(folder, 'int8', (...step) => void steps.push(step))
    expect(check.bytes).toBeLessThan(0.7 * fp32Bytes)
    expect(check.goldenProbabilityDifference).toBeGreaterThan(0)
    expect(check.largestProbabilityDifference).toBeGreaterThanOrEqual(check.goldenProbabilityDifference)
    expect(check.largestProbabilityDifference).toBeLessThan(0.01)
    expect(steps.map(([, done, of]) => [done, of])).toEqual(Array.from({ length: 8 }, (_, at) => [at, 8]))
    expect(new Set(steps.map(([words]) => words))).toEqual(
      new Set(['reading model.fp32.onnx', 'scoring windows with fp32', 'writing int8', 'scoring windows with int8']),
    )
  })

  it('refuses an edition that is there, naming its file', async () => {
    const folder = await imported(checkpoint('binary.pth'), ['int8', 'fp32'])
    expect(await refusal(folder)).toMatch(/has an int8 edition already: model\.int8\.onnx/)
  })

  it('refuses a package without fp32', async () => {
    expect(await refusal(await imported(checkpoint('binary.pth'), ['int8']), 'fp16')).toMatch(/no fp32 edition .*int8/)
  })

  it('refuses a graph that the importer did not write, naming who did', async () => {
    const folder = join(scratch, 'foreign')
    await cp(defaultModelFolder, folder, { recursive: true })
    expect(await refusal(folder)).toMatch(/model\.fp32\.onnx: is no Audio Spectrogram.*written by pytorch/)
  })

  it('refuses an edition that differs too much, naming figure and bound', async () => {
    expect(await refusal(await steepModel())).toMatch(
      /by a probability of 0\.\d{3}, more than 0\.05: the package stays/,
    )
  })

  it('refuses a file that was changed after its manifest', async () => {
    const folder = await imported(checkpoint('binary.pth'))
    const bytes = await readFile(join(folder, 'model.fp32.onnx'))
    bytes[bytes.length - 1]! ^= 1
    await writeFile(join(folder, 'model.fp32.onnx'), bytes)
    expect(await refusal(folder)).toMatch(/sha256/)
  })
})
