import { logitOf } from './log-odds.ts'
import type { ModelManifest } from './model-manifest.ts'

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
      return logitOf(output.fake === 'negative' ? 1 - row[0]! : row[0]!)
  }
}

/** Values in one row of the output. */
export function outputWidth(output: ModelManifest['output']): number {
  return output.kind === 'two-logits' ? 2 : 1
}
