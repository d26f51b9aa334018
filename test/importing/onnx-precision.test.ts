import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { astGraph } from '../../src/importing/ast-graph.ts'
import { astGraphInt8 } from '../../src/importing/ast-int8.ts'
import { readOnnx } from '../../src/importing/onnx-file.ts'
import { precisionOf } from '../../src/importing/onnx-precision.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'
import { goldenWeights } from './ast-golden.ts'

describe('the precision of an .onnx', () => {
  it('is the narrowest that many of its weights are kept in', async () => {
    const weights = await goldenWeights('binary')
    expect(precisionOf(readOnnx(astGraph(weights, 'fp32')))).toBe('fp32')
    expect(precisionOf(readOnnx(astGraph(weights, 'fp16')))).toBe('fp16')
    expect(precisionOf(readOnnx(astGraphInt8(weights)))).toBe('int8')
  })

  it('is fp32 of the graph that PyTorch wrote for the default model', () => {
    expect(precisionOf(readOnnx(readFileSync(`${defaultModelFolder}model.fp32.onnx`)))).toBe('fp32')
  })

  it.each([
    ['weights, not shapes and indices', [1, 0, 0, 5000], 'fp32'],
    ['no zero points beside float32 weights', [1000, 0, 8, 0], 'fp32'],
    ['float32 layers in a half-precision graph as that', [400, 600, 0, 0], 'fp16'],
    ['a graph without weights as fp32', [0, 0, 0, 0], 'fp32'],
  ])('counts %s', (_, counts, expected) => {
    const elementTypes = [1, 10, 3, 7]
    const everyConstant = counts.map((count, at) => ({
      name: `c${at}`,
      elementType: elementTypes[at]!,
      shape: [1, count],
    }))
    expect(precisionOf({ everyConstant })).toBe(expected)
  })
})
