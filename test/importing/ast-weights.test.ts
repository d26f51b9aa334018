import { describe, expect, it } from 'vitest'
import { type AstOptions, astWeightsFrom } from '../../src/importing/ast-weights.ts'
import type { Tensor, Tensors } from '../../src/importing/tensors.ts'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { astTensors } from './ast-golden.ts'

const binary = await astTensors.binary()
const huggingFace = await astTensors['hugging-face']()

/** The same arrays under other names. */
function renamed(tensors: Tensors, rename: (name: string) => string): Tensors {
  return new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]))
}

function changed(tensors: Tensors, name: string, tensor: Tensor | undefined): Tensors {
  const copy = new Map(tensors)
  if (tensor === undefined) copy.delete(name)
  else copy.set(name, tensor)
  return copy
}

function zeros(...shape: number[]): Tensor {
  return { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) }
}

function refusal(tensors: Tensors, options?: AstOptions): string {
  try {
    astWeightsFrom(tensors, options)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(EarwitnessError)
    expect((thrown as EarwitnessError).code).toBe('bad_model')
    return (thrown as Error).message
  }
  throw new Error('it was taken')
}

describe('weights of an AST', () => {
  it("are read from the seed's BinaryAST, with its sizes and epsilons", () => {
    const weights = astWeightsFrom(binary)
    expect(weights).toMatchObject({
      family: 'ast',
      width: 128,
      heads: 2,
      frames: 192,
      patchSize: 16,
      patchGrid: { bins: 12, frames: 18 },
      outputs: 1,
      normEpsilon: 1e-6,
      headEpsilon: 1e-5,
    })
    expect(weights.blocks).toHaveLength(2)
  })

  it("are read from Hugging Face's model, with the heads of its config and its epsilon everywhere", () => {
    const weights = astWeightsFrom(huggingFace, { heads: 4 })
    expect(weights).toMatchObject({
      family: 'hugging-face',
      width: 128,
      heads: 4,
      frames: 128,
      outputs: 2,
      normEpsilon: 1e-12,
      headEpsilon: 1e-12,
    })
    expect(weights.blocks).toHaveLength(2)
  })

  it.each([
    ['module.', (name: string) => name.replace(/^ast\./, 'module.').replace('mlp_head.2.', 'mlp_head.1.')],
    ['no prefix', (name: string) => name.replace(/^ast\./, '')],
    ['module.ast.', (name: string) => `module.${name}`],
  ])("are the same under AudioSet's names and others: %s", (_, rename) => {
    expect(astWeightsFrom(renamed(binary, rename))).toEqual(astWeightsFrom(binary))
  })

  it('are the same under the names of a state that transformers 5 has in memory', () => {
    const rename = (name: string) =>
      name
        .replace('encoder.layer.', 'layers.')
        .replace(/attention\.attention\.(q|k|v)\w+/, 'attention.$1_proj')
        .replace('attention.output.dense', 'attention.o_proj')
        .replace('intermediate.dense', 'mlp.fc1')
        .replace(/(\d)\.output\.dense/, '$1.mlp.fc2')
    expect(astWeightsFrom(renamed(huggingFace, rename), { heads: 4 })).toEqual(
      astWeightsFrom(huggingFace, { heads: 4 }),
    )
  })

  it.each([
    [101, 1024],
    [50, 512],
    [12, 128],
    [99, 1000],
  ])('with %i patches in time take %i frames', (patches, frames) => {
    const positions = zeros(1, 2 + 12 * patches, 128)
    expect(astWeightsFrom(changed(binary, 'ast.v.pos_embed', positions)).frames).toBe(frames)
  })

  it('share the memory of the checkpoint', () => {
    const fused = binary.get('ast.v.blocks.0.attn.qkv.weight')!.values
    const { value } = astWeightsFrom(binary).blocks[0]!
    expect(value.weight.buffer).toBe(fused.buffer)
    expect(value.weight[0]).toBe(fused[2 * 128 * 128])
  })
})

describe('a checkpoint is refused', () => {
  it('when it is no AST', () => {
    expect(refusal(new Map([['encoder.weight', zeros(2, 2)]]))).toMatch(
      /no Audio Spectrogram Transformer.*encoder\.weight/,
    )
    expect(refusal(new Map())).toMatch(/it holds nothing/)
  })

  it('when an array is missing, with its name and the nearest there is', () => {
    const misspelt = renamed(binary, (name) => name.replace('blocks.1.attn.proj.bias', 'blocks.1.atn.proj.bias'))
    expect(refusal(misspelt)).toBe(
      'the checkpoint lacks ast.v.blocks.1.attn.proj.bias (the nearest it has: ast.v.blocks.1.atn.proj.bias)',
    )
  })

  it('when many arrays are missing, with their number', () => {
    const stripped = new Map([...binary].filter(([name]) => !name.includes('mlp')))
    expect(refusal(stripped)).toMatch(/mlp_head\.0\.weight.* and 9 more$/)
  })

  it.each([
    [
      'a block',
      'ast.v.blocks.0.mlp.fc2.weight',
      zeros(128, 100),
      /fc2\.weight has the shape \[128, 100\]; \[128, 512\] is needed/,
    ],
    [
      'a head of 527 classes',
      'ast.mlp_head.2.weight',
      zeros(527, 128),
      /527 outputs; a detector of fake speech has one or two/,
    ],
    ['positions', 'ast.v.pos_embed', zeros(1, 303, 128), /301 positions of patches, which is no multiple of 12/],
    ['patches that are not square', 'ast.v.patch_embed.proj.weight', zeros(128, 1, 16, 8), /\[128, 1, 16, 8\]/],
  ])('when %s has a wrong shape', (_, name, tensor, message) => {
    expect(refusal(changed(binary, name, tensor))).toMatch(message)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('when a weight is %d', (value) => {
    const spoilt = zeros(512)
    spoilt.values[77] = value
    expect(refusal(changed(binary, 'ast.v.blocks.1.mlp.fc1.bias', spoilt))).toBe(
      `ast.v.blocks.1.mlp.fc1.bias holds ${value} at index 77: no model computes with that`,
    )
  })

  it('when its width cannot be divided into the heads', () => {
    expect(refusal(huggingFace, { heads: 5 })).toMatch(/width of 128 cannot be divided into 5 attention heads/)
  })

  it('when the frames asked for give other patches than it has positions', () => {
    expect(refusal(binary, { frames: 1024 })).toMatch(/1024 frames do not give the 18 patches/)
  })
})
