import { logitOf } from './log-odds.ts'
import type { ModelManifest } from './model-manifest.ts'

/** The least probability told apart from 0, and from 1: float32 has no value between 1 − 2⁻²⁴ and 1, so a sure model says 1. */
const LEAST_PROBABILITY = 2 ** -24

/**
 * The fake logit of one row of a model's output. Not a number where the output was not one.
 * Of two logits the fake logit is fake − real, since softmax makes a sigmoid of it.
 */
export function fakeLogitOf(row: Float32Array, output: ModelManifest['output']): number {
  switch (output.kind) {
    case 'logit':
      return output.fake === 'negative' ? -row[0]! : row[0]!
    case 'two-logits':
      return output.fake === 0 ? row[0]! - row[1]! : row[1]! - row[0]!
    case 'probability':
      return logitOf(bounded(output.fake === 'negative' ? 1 - row[0]! : row[0]!))
  }
}

function bounded(probability: number): number {
  const isProbability = probability >= 0 && probability <= 1
  return isProbability ? Math.min(Math.max(probability, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY) : Number.NaN
}

/** Values in one row of the output. */
export function outputWidth(output: ModelManifest['output']): number {
  return output.kind === 'two-logits' ? 2 : 1
}
