import { badModel } from './bad-model.ts'
import type { Tensors } from './tensors.ts'

/** What a checkpoint calls the arrays of one block. Each is a stem with `.weight` and `.bias`. */
export interface BlockNames {
  readonly attentionNorm: string
  /** One stem for all three, or query, key and value. */
  readonly queryKeyValue: readonly string[]
  readonly projection: string
  readonly feedForwardNorm: string
  readonly widen: string
  readonly narrow: string
}

/** What a checkpoint calls the arrays of an Audio Spectrogram Transformer. */
export interface AstNames {
  readonly family: 'ast' | 'hugging-face'
  readonly clsToken: string
  readonly distillationToken: string
  readonly positions: string
  /** Stems, as in the blocks. */
  readonly patches: string
  readonly blocks: readonly BlockNames[]
  readonly norm: string
  readonly headNorm: string
  readonly head: string
}

/** The one array that tells the family and, by what stands before it, the prefix (`ast.`, `module.` …). */
const AST_MARK = 'v.patch_embed.proj.weight'
const HUGGING_FACE_MARK = 'audio_spectrogram_transformer.embeddings.patch_embeddings.projection.weight'

/**
 * Recognises YuanGongND/ast and what was built on it, and Hugging Face's ASTForAudioClassification.
 * @throws EarwitnessError `bad_model` where it is neither
 */
export function astNamesIn(tensors: Tensors): AstNames {
  for (const name of tensors.keys()) {
    if (name.endsWith(HUGGING_FACE_MARK)) return huggingFaceNames(tensors, name.slice(0, -HUGGING_FACE_MARK.length))
    if (name === AST_MARK || name.endsWith(`.${AST_MARK}`)) return astNames(tensors, name.slice(0, -AST_MARK.length))
  }
  const some = [...tensors.keys()].slice(0, 3).join(', ') || 'nothing'
  throw badModel(
    `no Audio Spectrogram Transformer: no array is called …${AST_MARK} or ${HUGGING_FACE_MARK}; it holds ${some} …`,
  )
}

/** Every array that the names stand for. */
export function arraysOf(names: AstNames): string[] {
  const stems = [names.patches, names.norm, names.headNorm, names.head]
  for (const block of names.blocks) {
    stems.push(block.attentionNorm, ...block.queryKeyValue, block.projection)
    stems.push(block.feedForwardNorm, block.widen, block.narrow)
  }
  const arrays = stems.flatMap((stem) => [`${stem}.weight`, `${stem}.bias`])
  return [names.clsToken, names.distillationToken, names.positions, ...arrays]
}

function astNames(tensors: Tensors, prefix: string): AstNames {
  const body = `${prefix}v.`
  // AudioSet's own head has no dropout between its two layers; the seed's has.
  const withDropout = tensors.has(`${prefix}mlp_head.2.weight`)
  return {
    family: 'ast',
    clsToken: `${body}cls_token`,
    distillationToken: `${body}dist_token`,
    positions: `${body}pos_embed`,
    patches: `${body}patch_embed.proj`,
    blocks: blocksIn(tensors, `${body}blocks.`, (block) => ({
      attentionNorm: `${block}norm1`,
      queryKeyValue: [`${block}attn.qkv`],
      projection: `${block}attn.proj`,
      feedForwardNorm: `${block}norm2`,
      widen: `${block}mlp.fc1`,
      narrow: `${block}mlp.fc2`,
    })),
    norm: `${body}norm`,
    headNorm: `${prefix}mlp_head.0`,
    head: `${prefix}mlp_head.${withDropout ? 2 : 1}`,
  }
}

function huggingFaceNames(tensors: Tensors, prefix: string): AstNames {
  const body = `${prefix}audio_spectrogram_transformer.`
  return {
    family: 'hugging-face',
    clsToken: `${body}embeddings.cls_token`,
    distillationToken: `${body}embeddings.distillation_token`,
    positions: `${body}embeddings.position_embeddings`,
    patches: `${body}embeddings.patch_embeddings.projection`,
    blocks: huggingFaceBlocks(tensors, body),
    norm: `${body}layernorm`,
    headNorm: `${prefix}classifier.layernorm`,
    head: `${prefix}classifier.dense`,
  }
}

/** transformers 5 calls its modules otherwise than the files it saves; a plain `torch.save` of its state has those names. */
function huggingFaceBlocks(tensors: Tensors, body: string): BlockNames[] {
  if (tensors.has(`${body}layers.0.layernorm_before.weight`)) {
    return blocksIn(tensors, `${body}layers.`, (block) => ({
      attentionNorm: `${block}layernorm_before`,
      queryKeyValue: ['q', 'k', 'v'].map((letter) => `${block}attention.${letter}_proj`),
      projection: `${block}attention.o_proj`,
      feedForwardNorm: `${block}layernorm_after`,
      widen: `${block}mlp.fc1`,
      narrow: `${block}mlp.fc2`,
    }))
  }
  return blocksIn(tensors, `${body}encoder.layer.`, (block) => ({
    attentionNorm: `${block}layernorm_before`,
    queryKeyValue: ['query', 'key', 'value'].map((name) => `${block}attention.attention.${name}`),
    projection: `${block}attention.output.dense`,
    feedForwardNorm: `${block}layernorm_after`,
    widen: `${block}intermediate.dense`,
    narrow: `${block}output.dense`,
  }))
}

/** As many blocks as the names count. */
function blocksIn(tensors: Tensors, stem: string, namesOf: (block: string) => BlockNames): BlockNames[] {
  const numbers = new Set<number>()
  for (const name of tensors.keys()) {
    if (!name.startsWith(stem)) continue
    const number = /^\d{1,3}(?=\.)/.exec(name.slice(stem.length))?.[0]
    if (number !== undefined) numbers.add(Number(number))
  }
  if (numbers.size === 0) throw badModel(`no array is called ${stem}0.…: the transformer has no blocks`)
  return Array.from({ length: Math.max(...numbers) + 1 }, (_, at) => namesOf(`${stem}${at}.`))
}
