import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import type { ModelManifest } from '../scoring/model-manifest.ts'
import { aboutFile, badModel } from './bad-model.ts'
import { BOUNDS } from './bounds.ts'
import type { Checkpoint } from './checkpoint.ts'
import { MANIFEST_FRONT_ENDS } from './manifest-front-ends.ts'
import { readPth } from './pth.ts'
import { readSafetensors, readShardedSafetensors } from './safetensors.ts'
import type { Tensors } from './tensors.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))

/** What is read of `config.json`; the defaults are those of Hugging Face's `ASTConfig`. */
const ConfigSchema = v.object({
  model_type: v.literal('audio-spectrogram-transformer', 'is none that is read here'),
  hidden_act: v.optional(v.literal('gelu', 'must be gelu'), 'gelu'),
  qkv_bias: v.optional(v.literal(true, 'must be true'), true),
  num_attention_heads: v.optional(count, 12),
  layer_norm_eps: v.optional(v.pipe(v.number(), v.gtValue(0)), 1e-12),
  patch_size: v.optional(count, 16),
  frequency_stride: v.optional(count, 10),
  time_stride: v.optional(count, 10),
  max_length: v.optional(count, 1024),
  num_mel_bins: v.optional(v.literal(128, 'must be 128'), 128),
  id2label: v.optional(v.record(v.pipe(v.string(), v.regex(/^\d+$/)), v.string())),
})

/** What is read of `preprocessor_config.json`; the defaults are those of `ASTFeatureExtractor`. */
const PreprocessorSchema = v.object({
  feature_extractor_type: v.optional(v.literal('ASTFeatureExtractor', 'is none that is read here')),
  do_normalize: v.optional(v.boolean(), true),
  mean: v.optional(v.number(), MANIFEST_FRONT_ENDS['kaldi-fbank'].mean),
  std: v.optional(v.pipe(v.number(), v.gtValue(0)), MANIFEST_FRONT_ENDS['kaldi-fbank'].std),
  num_mel_bins: v.optional(v.literal(128, 'must be 128'), 128),
  max_length: v.optional(count, 1024),
  sampling_rate: v.optional(v.literal(16_000, 'must be 16000'), 16_000),
  padding_value: v.optional(v.literal(0, 'must be 0'), 0),
})

/** The weights' files that a folder may have, the first that is there being read. */
export const WEIGHT_FILES: readonly { readonly name: string; readonly read: (path: string) => Promise<Tensors> }[] = [
  { name: 'model.safetensors', read: readSafetensors },
  { name: 'model.safetensors.index.json', read: readShardedSafetensors },
  { name: 'pytorch_model.bin', read: readPth },
]

const WEIGHT_NAMES = WEIGHT_FILES.map(({ name }) => name).join(', ')

/**
 * A folder as Hugging Face's `save_pretrained` writes it for an `ASTForAudioClassification`.
 * @throws EarwitnessError `bad_model`, naming the file and the field
 */
export async function readHuggingFaceFolder(folder: string): Promise<Checkpoint> {
  for (const name of ['config.json', 'preprocessor_config.json']) {
    if (await exists(join(folder, name))) continue
    throw badModel(
      `${folder}: there is no ${name}; a folder must be as save_pretrained writes it: config.json, preprocessor_config.json and one of ${WEIGHT_NAMES}`,
    )
  }
  const config = await readJson(join(folder, 'config.json'), ConfigSchema)
  const preprocessor = await readJson(join(folder, 'preprocessor_config.json'), PreprocessorSchema)
  if (preprocessor.max_length !== config.max_length) {
    throw badModel(
      `${folder}: preprocessor_config.json gives ${preprocessor.max_length} frames, config.json takes ${config.max_length}`,
    )
  }
  const licence = await licenceIn(join(folder, 'README.md'))
  return {
    tensors: await readWeights(folder),
    ast: {
      heads: config.num_attention_heads,
      normEpsilon: config.layer_norm_eps,
      patchStride: { bins: config.frequency_stride, frames: config.time_stride },
      frames: config.max_length,
    },
    frontend: frontendOf(preprocessor),
    ...(config.id2label !== undefined && { labels: labelsInOrder(config.id2label) }),
    ...(licence !== undefined && { licence }),
  }
}

async function readWeights(folder: string): Promise<Tensors> {
  for (const { name, read } of WEIGHT_FILES) {
    if (await exists(join(folder, name))) return read(join(folder, name))
  }
  throw badModel(`${folder}: has no weights: none of ${WEIGHT_NAMES}`)
}

function frontendOf(preprocessor: v.InferOutput<typeof PreprocessorSchema>): ModelManifest['frontend'] {
  const { do_normalize: isNormalised, mean, std } = preprocessor
  // (x − 0) / (2 · 0.5) leaves x as it is.
  return { ...MANIFEST_FRONT_ENDS['kaldi-fbank'], ...(isNormalised ? { mean, std } : { mean: 0, std: 0.5 }) }
}

function labelsInOrder(id2label: Readonly<Record<string, string>>): string[] {
  return Object.keys(id2label)
    .sort((one, other) => Number(one) - Number(other))
    .map((id) => id2label[id]!)
}

async function readJson<const S extends v.GenericSchema>(path: string, schema: S): Promise<v.InferOutput<S>> {
  return aboutFile(path, async () => {
    const { size } = await stat(path)
    if (size > BOUNDS.jsonBytes) throw badModel(`has ${size} bytes; at most ${BOUNDS.jsonBytes} are read`)
    const result = v.safeParse(schema, JSON.parse(await readFile(path, 'utf8')), { abortEarly: true })
    if (result.success) return result.output
    const [issue] = result.issues
    throw badModel(`${v.getDotPath(issue) ?? 'top level'}: ${issue.message} (it is ${issue.received})`)
  })
}

/** From the front matter of a model's card. */
async function licenceIn(card: string): Promise<string | undefined> {
  if (!(await exists(card))) return undefined
  const [, frontMatter = ''] = /^---\r?\n(.*?)\r?\n---/s.exec(await readFile(card, 'utf8')) ?? []
  return /^license:[ \t]*["']?([\w.+-]{1,64})/m.exec(frontMatter)?.[1]
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
