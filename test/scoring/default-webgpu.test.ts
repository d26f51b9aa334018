import { beforeAll, describe, expect, it } from 'vitest'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { Provider } from '../../src/scoring/model-manifest.ts'
import { readModelPackage } from '../../src/scoring/model-package.ts'
import { defaultManifest, defaultModelFolder } from '../fixtures/default-manifest.ts'
import { useVulkanDriver, VULKAN_DRIVER } from '../fixtures/software-gpu.ts'
import { sourceOf } from '../fixtures/window-source.ts'

const CHANNELS = 6
/** The hops of each channel end here. */
const ENDS = [110, 130, 160]
/** float32 in another order of sums. */
const LOGIT = 1e-4
/** A software GPU on a busy machine. */
const PATIENCE = 300_000

const { goldenFrames } = await readModelPackage(defaultModelFolder, 'cpu')
const { melBins } = defaultManifest.frontend

/** The golden frames, each channel's more or less loud from bin to bin. */
const speech = Array.from({ length: CHANNELS }, (_, channel) =>
  goldenFrames.map((value, at) => value + 0.5 * Math.sin((channel + 1) * (at % melBins))),
)

/** Fake logits by hop and channel, and how many windows came in a batch. */
async function logitsOn(provider: Provider) {
  const bounds = { maxBatchMs: PATIENCE, maxWaitMs: 50 }
  const scorer = await LocalScorer.open(defaultModelFolder, { provider, scoringSeconds: 200, threads: 1, ...bounds })
  try {
    expect([scorer.provider, scorer.thread.isIncremental]).toEqual([provider, true])
    const channels = speech.map(() => ({}))
    const logits: number[][] = []
    for (const end of ENDS) {
      const outcomes = channels.map((channel, at) =>
        scorer.score(channel, sourceOf(speech[at]!.subarray(0, end * melBins))),
      )
      const scored = await Promise.all(outcomes)
      logits.push(scored.map((outcome) => (outcome.kind === 'scored' ? outcome.fakeLogit : Number.NaN)))
    }
    return { logits, windowsInABatch: scorer.batches.windows / scorer.batches.batches }
  } finally {
    await scorer.close()
  }
}

describe.skipIf(VULKAN_DRIVER === undefined)('the default model on WebGPU (skipped without a Vulkan driver)', () => {
  beforeAll(useVulkanDriver)

  it('goes on from hop to hop, and scores batches as the processor does', { timeout: PATIENCE }, async () => {
    const expected = await logitsOn('cpu')
    const found = await logitsOn('webgpu')
    expect(found.windowsInABatch).toBeGreaterThan(2)
    const apart = found.logits.flat().map((logit, at) => Math.abs(logit - expected.logits.flat()[at]!))
    expect(apart).toHaveLength(CHANNELS * ENDS.length)
    expect(Math.max(...apart)).toBeLessThan(LOGIT)
    expect(new Set(expected.logits.flat().map((logit) => logit.toFixed(3))).size).toBe(apart.length)
  })
})
