import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ImportOptions, importModel, nameFrom } from '../../src/importing/import-model.ts'
import { readModelPackage } from '../../src/scoring/model-package.ts'
import { safetensorsBytes, tinyBinaryAst, tinyHuggingFaceAst, writeHuggingFaceFolder } from './tiny-ast.ts'
import { writePth } from './write-pth.ts'

let scratch: string
let made = 0
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'earwitness-import-'))
})
afterAll(() => rm(scratch, { recursive: true }))

function options(more: Partial<ImportOptions> = {}): ImportOptions {
  made += 1
  return { name: 'tiny', out: join(scratch, `out-${made}`), editions: ['fp32'], source: 'a test', ...more }
}

describe('importing a .pth of the seed’s detector', () => {
  it('writes editions that agree, a golden logit, and says what it took for granted', async () => {
    const path = await writePth(join(scratch, 'final_model.pth'))
    const imported = await importModel(path, options({ editions: ['int8', 'fp16', 'fp32'] }))
    const { manifest } = await readModelPackage(imported.folder, 'auto')
    expect(manifest).toMatchObject({
      name: 'tiny',
      frontend: { kind: 'torchaudio-mel' },
      input: { tensor: 'frames', frames: 144, padding: 'zero', leastFrames: 100 },
      output: { tensor: 'logits', kind: 'logit', fake: 'positive' },
      golden: { fakeLogit: imported.goldenFakeLogit },
    })
    expect(manifest.files.map(({ precision }) => precision)).toEqual(['int8', 'fp16', 'fp32'])
    expect(imported.checks.at(-1)).toMatchObject({ precision: 'fp32', largestLogitDifference: 0 })
    expect(imported.checks[0]!.largestProbabilityDifference).toBeLessThan(0.05)
    expect(imported.assumptions.join(' ')).toMatch(
      /torchaudio-mel.*--frontend kaldi-fbank.*More of its output means fake/,
    )
    expect(await readFile(join(imported.folder, 'README.md'), 'utf8')).toMatch(/licence is not known/)
  })

  it('turns the sign where more of the output means real', async () => {
    const path = await writePth(join(scratch, 'turned.pth'))
    const plain = await importModel(path, options())
    const turned = await importModel(path, options({ fakeIndex: 0 }))
    expect(turned.goldenFakeLogit).toBe(-plain.goldenFakeLogit)
  })

  it('leaves nothing behind where it fails', async () => {
    const tensors = new Map(tinyBinaryAst())
    tensors.get('ast.mlp_head.2.bias')!.values[0] = Number.NaN
    const path = await writePth(join(scratch, 'nan.pth'), tensors)
    await expect(importModel(path, options())).rejects.toThrow(/NaN/)
    expect((await readdir(scratch)).filter((name) => name.startsWith('.import'))).toEqual([])
  })

  it('does not write over a folder that exists', async () => {
    const path = await writePth(join(scratch, 'again.pth'))
    const same = options()
    await importModel(path, same)
    await expect(importModel(path, same)).rejects.toThrow(/exists; give another --name/)
  })
})

describe('importing a Hugging Face folder', () => {
  it('takes front end, polarity, heads and licence from its files', async () => {
    const folder = await writeHuggingFaceFolder(join(scratch, 'hf'))
    const { folder: out, assumptions } = await importModel(folder, options())
    const { manifest } = await readModelPackage(out, 'cpu')
    expect(manifest).toMatchObject({
      licence: 'mit',
      frontend: { kind: 'kaldi-fbank', mean: -5.5, std: 3.25 },
      input: { leastFrames: 98 },
      output: { kind: 'two-logits', fake: 1 },
    })
    expect(assumptions).toEqual([])
  })

  it('turns the golden logit where the labels are the other way round', async () => {
    const swapped = { config: { id2label: { 0: 'fake', 1: 'real' } } }
    const one = await importModel(await writeHuggingFaceFolder(join(scratch, 'one')), options())
    const other = await importModel(await writeHuggingFaceFolder(join(scratch, 'other'), swapped), options())
    expect(other.goldenFakeLogit).toBeCloseTo(-one.goldenFakeLogit, 5)
  })

  it('asks for --fake-index where the labels do not tell, and takes it', async () => {
    const parts = { config: { id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } } }
    const folder = await writeHuggingFaceFolder(join(scratch, 'labels'), parts)
    await expect(importModel(folder, options())).rejects.toThrow(/"LABEL_0" and "LABEL_1".*--fake-index/)
    const { folder: out } = await importModel(folder, options({ fakeIndex: 0 }))
    expect((await readModelPackage(out, 'cpu')).manifest.output.fake).toBe(0)
  })

  it('takes a model with one output', async () => {
    const parts = { outputs: 1 as const, config: { id2label: { 0: 'real' } } }
    const { folder } = await importModel(await writeHuggingFaceFolder(join(scratch, 'single'), parts), options())
    expect((await readModelPackage(folder, 'cpu')).manifest.output).toMatchObject({ kind: 'logit', fake: 'negative' })
  })
})

describe('importing other files', () => {
  it('asks a bare .safetensors of two outputs which one is fake', async () => {
    const path = join(scratch, 'bare.safetensors')
    await writeFile(path, safetensorsBytes(tinyHuggingFaceAst(2)))
    await expect(importModel(path, options())).rejects.toThrow(/--fake-index 0 or 1/)
    await importModel(path, options({ fakeIndex: 1, frontend: 'kaldi-fbank' }))
  })

  it('makes a folder that others may read, as the umask says', async () => {
    const { folder } = await importModel(await writePth(join(scratch, 'for-all.pth')), options())
    expect((await stat(folder)).mode & 0o777).toBe(0o777 & ~process.umask())
  })

  it('takes an .onnx as it is, with the same golden logit', async () => {
    const first = await importModel(await writePth(join(scratch, 'for-onnx.pth')), options())
    const path = join(first.folder, 'model.fp32.onnx')
    const again = await importModel(path, options({ frontend: 'torchaudio-mel', output: 'logit' }))
    expect(again.goldenFakeLogit).toBe(first.goldenFakeLogit)
    expect(await readFile(join(again.folder, 'model.fp32.onnx'))).toEqual(await readFile(path))
  })

  it.each([
    ['int8', ['cpu']],
    ['fp16', ['webgpu', 'cuda', 'coreml', 'dml', 'cpu']],
  ] as const)('records an %s .onnx as that, with a provider that every machine has', async (precision, providers) => {
    const path = await writePth(join(scratch, `for-${precision}.pth`))
    const { folder } = await importModel(path, options({ editions: [precision] }))
    const onnx = options({ frontend: 'torchaudio-mel', output: 'logit' })
    const again = await importModel(join(folder, `model.${precision}.onnx`), onnx)
    expect((await readModelPackage(again.folder, 'cpu')).manifest.files).toEqual([
      expect.objectContaining({ path: `model.${precision}.onnx`, precision, providers }),
    ])
    expect(await readFile(join(again.folder, 'README.md'), 'utf8')).toContain(`bytes, ${precision}, taken as it is`)
  })

  it('asks what an .onnx takes and gives', async () => {
    const { folder } = await importModel(await writePth(join(scratch, 'asks.pth')), options())
    const path = join(folder, 'model.fp32.onnx')
    await expect(importModel(path, options())).rejects.toThrow(/--frontend .*--output/)
    const twoLogits = options({ frontend: 'torchaudio-mel', output: 'two-logits' })
    await expect(importModel(path, twoLogits)).rejects.toThrow(/--fake-index/)
    await expect(importModel(path, { ...twoLogits, fakeIndex: 1 })).rejects.toThrow(/must give 2 float32/)
  })

  it('refuses an .onnx that was cut short, or gives no number', async () => {
    const { folder } = await importModel(await writePth(join(scratch, 'for-bad-onnx.pth')), options())
    const whole = await readFile(join(folder, 'model.fp32.onnx'))
    const path = join(scratch, 'spoilt.onnx')
    const onnx = () => options({ frontend: 'torchaudio-mel', output: 'logit' })
    await writeFile(path, whole.subarray(0, whole.length / 2))
    await expect(importModel(path, onnx())).rejects.toThrow(/spoilt\.onnx: Load model from .* failed/)
    const bias = new Uint8Array(tinyBinaryAst().get('ast.v.blocks.0.attn.proj.bias')!.values.buffer)
    whole.writeFloatLE(Number.NaN, whole.indexOf(bias))
    await writeFile(path, whole)
    await expect(importModel(path, onnx())).rejects.toThrow(`${path}: the model gives NaN for the golden window`)
  })

  it('refuses an .onnx that is none, and a path that leads nowhere', async () => {
    const path = join(scratch, 'bad.onnx')
    await writeFile(path, 'not a graph')
    const onnx = options({ frontend: 'torchaudio-mel', output: 'logit' })
    await expect(importModel(path, onnx)).rejects.toMatchObject({ code: 'bad_model' })
    await expect(importModel(join(scratch, 'none.pth'), options())).rejects.toThrow(/no such file/)
  })

  it.each([
    ['/models/final_model.pth', 'final_model'],
    ['Some Folder', 'Some-Folder'],
    ['/x/.hidden', 'hidden'],
    ['???', 'model'],
  ])('calls a model after its file: %s is %s', (path, name) => {
    expect(nameFrom(path)).toBe(name)
  })
})
