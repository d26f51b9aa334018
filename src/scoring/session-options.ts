import type { Provider } from './model-manifest.ts'
import type { InferenceSession } from './onnxruntime.ts'

/** How onnxruntime runs any model here. */
export function sessionOptions(provider: Provider, threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Threads that wait do not spin: see docs/decisions.md.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }
}
