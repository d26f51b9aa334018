import { describe, expect, it } from 'vitest'
import { astGraph } from '../../src/importing/ast-graph.ts'
import { astWeightsFrom } from '../../src/importing/ast-weights.ts'
import {
  AST_NAMES,
  AST_OPTIONS,
  astTensors,
  furthest,
  goldenWeights,
  goldenWindows,
  logitsOf,
  probabilities,
} from './ast-golden.ts'

/** The aim is 1e-3; float32 in another order of sums stays far below. */
const FP32_LOGIT = 1e-4
const FP16_PROBABILITY = 0.01

describe.each(AST_NAMES)('the graph of %s', (name) => {
  const { windows, logits } = goldenWindows(name)

  it('has golden probabilities from 0.05 to 0.95, so that a difference would show', () => {
    const fake = probabilities(logits)
    expect(Math.min(...fake)).toBeLessThan(0.06)
    expect(Math.max(...fake)).toBeGreaterThan(0.94)
  })

  it("gives PyTorch's logits in fp32", async () => {
    const model = astGraph(await goldenWeights(name), 'fp32')
    expect(furthest(await logitsOf(model, windows), logits)).toBeLessThan(FP32_LOGIT)
  })

  it('gives one window the same logits alone and among others', async () => {
    const model = astGraph(await goldenWeights(name), 'fp32')
    const [alone] = await logitsOf(model, windows.slice(2, 3))
    const together = await logitsOf(model, windows)
    expect(furthest([alone!], [together[2]!])).toBeLessThan(1e-5)
  })

  it("stays within 0.01 of PyTorch's probabilities in fp16", async () => {
    const model = astGraph(await goldenWeights(name), 'fp16')
    const found = probabilities(await logitsOf(model, windows))
    expect(furthest([found], [probabilities(logits)])).toBeLessThan(FP16_PROBABILITY)
  })

  it('is half as large in fp16', async () => {
    const weights = await goldenWeights(name)
    const fp32 = astGraph(weights, 'fp32').byteLength
    expect(astGraph(weights, 'fp16').byteLength / fp32).toBeCloseTo(0.5, 1)
  })
})

it('takes frames behind the last patch and gives the same logits', async () => {
  const { windows, logits } = goldenWindows('hugging-face')
  const tensors = await astTensors['hugging-face']()
  const model = astGraph(astWeightsFrom(tensors, { ...AST_OPTIONS['hugging-face'], frames: 126 }), 'fp32')
  const shorter = windows.map((window) => window.subarray(0, 126 * 128))
  expect(furthest(await logitsOf(model, shorter), logits)).toBeLessThan(FP32_LOGIT)
})
