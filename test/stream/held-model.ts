import { Batcher } from '../../src/scoring/batcher.ts'
import type { Batch, ScoredBatch } from '../../src/scoring/inference-thread.ts'
import type { Scorer } from '../../src/scoring/scorer.ts'
import { WholeWindows } from '../../src/scoring/whole-windows.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'

/**
 * A scorer with the real batcher, whose model answers only when it is told to: what happens while a model is busy,
 * or when it fails, cannot be timed with a real one. Every fake logit is 0.
 */
export function heldScorer() {
  const running: Array<{ batch: Batch; resolve(scored: ScoredBatch): void; reject(error: Error): void }> = []
  const run = (batch: Batch) => new Promise<ScoredBatch>((resolve, reject) => running.push({ batch, resolve, reject }))
  const batcher = new Batcher(new WholeWindows(defaultManifest, run), { maxBatch: 4, maxWaitMs: 0, maxBatchMs: 100 })
  const scorer: Scorer = {
    manifest: defaultManifest,
    provider: 'cpu',
    score: (channel, window) => batcher.score(channel, window),
    close: async () => batcher.close(),
  }
  /** Answers the batch that runs, or fails it. */
  const release = (error?: Error): void => {
    const { batch, resolve, reject } = running.shift()!
    if (error === undefined) resolve({ frames: batch.frames, fakeLogits: batch.lengths.map(() => 0) })
    else reject(error)
  }
  /** Answers every batch until something has come to its end. */
  const releaseUntil = async <Result>(end: Promise<Result>): Promise<Result> => {
    const timer = setInterval(() => running.length > 0 && release(), 1)
    return end.finally(() => clearInterval(timer))
  }
  return { scorer, running, release, releaseUntil }
}
