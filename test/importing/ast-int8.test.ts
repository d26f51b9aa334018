import { describe, expect, it } from 'vitest'
import { astGraphInt8 } from '../../src/importing/ast-int8.ts'
import { AST_NAMES, furthest, goldenWeights, goldenWindows, logitsOf, probabilities } from './ast-golden.ts'

describe.each(AST_NAMES)('the int8 graph of %s', (name) => {
  const { windows, logits } = goldenWindows(name)

  it("stays within 0.01 of PyTorch's probabilities", async () => {
    const model = astGraphInt8(await goldenWeights(name))
    const found = probabilities(await logitsOf(model, windows))
    const apart = furthest([found], [probabilities(logits)])
    expect(apart).toBeLessThan(0.01)
    expect(apart).toBeGreaterThan(0)
  })

  it('gives one window the same logits, to the bit, alone and among others', async () => {
    const model = astGraphInt8(await goldenWeights(name))
    const together = await logitsOf(model, windows)
    for (const [at, window] of windows.entries()) {
      expect(await logitsOf(model, [window])).toEqual([together[at]])
    }
  })
})
