import { mkdtemp, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readHuggingFaceFolder } from '../../src/importing/hugging-face-folder.ts'
import { TINY_CONFIG, writeHuggingFaceFolder } from './tiny-ast.ts'

let scratch: string
let made = 0
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'earwitness-hf-'))
})
afterAll(() => rm(scratch, { recursive: true }))

const folderWith = (parts: Parameters<typeof writeHuggingFaceFolder>[1]): Promise<string> => {
  made += 1
  return writeHuggingFaceFolder(join(scratch, `${made}`), parts)
}

describe('a Hugging Face folder', () => {
  it('gives weights, size, labels, licence and the front end with its own mean and deviation', async () => {
    const { tensors, ...rest } = await readHuggingFaceFolder(await folderWith({}))
    expect(tensors.get('classifier.dense.weight')?.shape).toEqual([2, 64])
    expect(rest).toMatchObject({
      ast: { heads: 4, normEpsilon: 1e-12, frames: 144, patchStride: { bins: 10, frames: 10 } },
      frontend: { kind: 'kaldi-fbank', mean: -5.5, std: 3.25 },
      labels: ['Bonafide', 'Spoof'],
      licence: 'mit',
    })
  })

  it('leaves the values as they are where the preprocessor does not normalise', async () => {
    const { frontend } = await readHuggingFaceFolder(await folderWith({ preprocessor: { do_normalize: false } }))
    expect(frontend).toMatchObject({ mean: 0, std: 0.5 })
  })

  it('puts labels in the order of their numbers', async () => {
    const id2label = { 1: 'fake', 0: 'real' }
    expect((await readHuggingFaceFolder(await folderWith({ config: { id2label } }))).labels).toEqual(['real', 'fake'])
  })

  it.each([
    ['another kind of model', { config: { model_type: 'wav2vec2' } }, /config\.json: model_type: .*wav2vec2/],
    ['another activation', { config: { hidden_act: 'relu' } }, /config\.json: hidden_act: must be gelu/],
    ['another count of mel bins', { config: { num_mel_bins: 64 } }, /num_mel_bins: must be 128/],
    ['another rate', { preprocessor: { sampling_rate: 8000 } }, /preprocessor_config\.json: sampling_rate/],
    ['another extractor', { preprocessor: { feature_extractor_type: 'Whisper' } }, /feature_extractor_type/],
    ['a deviation of zero', { preprocessor: { std: 0 } }, /std/],
    ['lengths that differ', { preprocessor: { max_length: 1024 } }, /gives 1024 frames, config\.json takes 144/],
  ])('is refused with %s', async (_, parts, words) => {
    await expect(readHuggingFaceFolder(await folderWith(parts))).rejects.toThrow(words)
  })

  it('is refused without weights, naming those that are looked for', async () => {
    const folder = await folderWith({})
    await unlink(join(folder, 'model.safetensors'))
    await expect(readHuggingFaceFolder(folder)).rejects.toThrow(/no weights: none of model\.safetensors, /)
  })

  it('is refused without its config', async () => {
    await expect(readHuggingFaceFolder(join(scratch, 'nothing'))).rejects.toThrow(
      /nothing: there is no config\.json; a folder must be as save_pretrained writes it: /,
    )
  })

  it('has no labels where its config has none', async () => {
    const { id2label: _, ...config } = TINY_CONFIG
    const { labels } = await readHuggingFaceFolder(await folderWith({ config: { ...config, id2label: undefined } }))
    expect(labels).toBeUndefined()
  })
})
