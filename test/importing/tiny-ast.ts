import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tensors } from '../../src/importing/tensors.ts'

const WIDTH = 64
const FRAMES = 144
/** 12 along the mel bins, 13 along the time. */
const PATCHES = 12 * 13

/** Numbers like those of trained weights: small, seeded, the same every time. */
function seeded(seed: number): (count: number, scale: number) => Float32Array {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
  return (count, scale) => Float32Array.from({ length: count }, () => next() * scale)
}

class Weights {
  readonly tensors = new Map<string, { shape: number[]; values: Float32Array }>()
  readonly #random = seeded(20)

  array(name: string, shape: number[], scale = 0.1): void {
    const count = shape.reduce((product, size) => product * size, 1)
    this.tensors.set(name, { shape, values: this.#random(count, scale) })
  }

  linear(stem: string, outputs: number, inputs: number, scale = 0.15): void {
    this.array(`${stem}.weight`, [outputs, inputs], scale)
    this.array(`${stem}.bias`, [outputs])
  }

  norm(stem: string): void {
    this.tensors.set(`${stem}.weight`, { shape: [WIDTH], values: new Float32Array(WIDTH).fill(1) })
    this.array(`${stem}.bias`, [WIDTH], 0.01)
  }
}

/** A Hugging Face AST of one block, 64 wide, for 144 frames, with random weights. */
export function tinyHuggingFaceAst(outputs: 1 | 2): Tensors {
  const weights = new Weights()
  const embeddings = 'audio_spectrogram_transformer.embeddings'
  weights.array(`${embeddings}.cls_token`, [1, 1, WIDTH])
  weights.array(`${embeddings}.distillation_token`, [1, 1, WIDTH])
  weights.array(`${embeddings}.position_embeddings`, [1, PATCHES + 2, WIDTH])
  weights.array(`${embeddings}.patch_embeddings.projection.weight`, [WIDTH, 1, 16, 16])
  weights.array(`${embeddings}.patch_embeddings.projection.bias`, [WIDTH])
  const block = 'audio_spectrogram_transformer.encoder.layer.0'
  for (const part of ['query', 'key', 'value']) weights.linear(`${block}.attention.attention.${part}`, WIDTH, WIDTH)
  weights.linear(`${block}.attention.output.dense`, WIDTH, WIDTH)
  weights.linear(`${block}.intermediate.dense`, 4 * WIDTH, WIDTH)
  weights.linear(`${block}.output.dense`, WIDTH, 4 * WIDTH)
  weights.norm(`${block}.layernorm_before`)
  weights.norm(`${block}.layernorm_after`)
  weights.norm('audio_spectrogram_transformer.layernorm')
  weights.norm('classifier.layernorm')
  weights.linear('classifier.dense', outputs, WIDTH)
  return weights.tensors
}

/** A BinaryAST, as the seed saved it, of the same size. */
export function tinyBinaryAst(): Tensors {
  const weights = new Weights()
  weights.array('ast.v.cls_token', [1, 1, WIDTH])
  weights.array('ast.v.dist_token', [1, 1, WIDTH])
  weights.array('ast.v.pos_embed', [1, PATCHES + 2, WIDTH])
  weights.array('ast.v.patch_embed.proj.weight', [WIDTH, 1, 16, 16])
  weights.array('ast.v.patch_embed.proj.bias', [WIDTH])
  weights.linear('ast.v.blocks.0.attn.qkv', 3 * WIDTH, WIDTH)
  weights.linear('ast.v.blocks.0.attn.proj', WIDTH, WIDTH)
  weights.linear('ast.v.blocks.0.mlp.fc1', 4 * WIDTH, WIDTH)
  weights.linear('ast.v.blocks.0.mlp.fc2', WIDTH, 4 * WIDTH)
  for (const norm of ['v.blocks.0.norm1', 'v.blocks.0.norm2', 'v.norm', 'mlp_head.0']) weights.norm(`ast.${norm}`)
  weights.linear('ast.mlp_head.2', 1, WIDTH)
  return weights.tensors
}

export function safetensorsBytes(tensors: Tensors): Buffer {
  const header: Record<string, object> = {}
  let position = 0
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [position, position + values.byteLength] }
    position += values.byteLength
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const arrays = [...tensors.values()].map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  )
  return Buffer.concat([length, json, ...arrays])
}

export const TINY_CONFIG = {
  model_type: 'audio-spectrogram-transformer',
  num_attention_heads: 4,
  layer_norm_eps: 1e-12,
  max_length: FRAMES,
  id2label: { 0: 'Bonafide', 1: 'Spoof' },
}

export const TINY_PREPROCESSOR = {
  feature_extractor_type: 'ASTFeatureExtractor',
  max_length: FRAMES,
  mean: -5.5,
  std: 3.25,
  num_mel_bins: 128,
  sampling_rate: 16000,
}

/** A folder as `save_pretrained` writes it. */
export async function writeHuggingFaceFolder(
  folder: string,
  { config = {}, preprocessor = {}, outputs = 2 }: { config?: object; preprocessor?: object; outputs?: 1 | 2 } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...TINY_CONFIG, ...config }))
  await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify({ ...TINY_PREPROCESSOR, ...preprocessor }))
  await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(tinyHuggingFaceAst(outputs)))
  await writeFile(join(folder, 'README.md'), '---\nlicense: mit\ntags: [audio]\n---\n# A card\n')
  return folder
}
