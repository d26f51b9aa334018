import { Models } from '../../server/models.ts'
import { inTurns, type Measure } from './in-turns.ts'
import { noise } from './noise.ts'
import type { Spread } from './spread.ts'

const BATCHES = [1, 4, 16] as const
const SCORING_SECONDS = 600

export interface ModelReport {
  readonly bench: 'model'
  readonly model: string
  readonly provider: string
  readonly threads: number
  /** From the batcher to the logits, whole windows, by how many are scored at once. */
  readonly windowMilliseconds: Record<string, Spread>
}

/** The cost of one full window, alone and in batches, through the same worker and batcher as a server's. */
export async function benchModel(options: { model: string; rounds: number; threads: number }): Promise<ModelReport> {
  const { model, rounds, threads } = options
  const models = await Models.open([model], {
    provider: 'auto',
    scoringSeconds: SCORING_SECONDS,
    threads,
    maxWaitMs: 0,
  })
  try {
    const scorer = models.find(undefined)
    const { input, frontend } = scorer.manifest
    const values = noise(input.frames * frontend.melBins)
    const window = {
      copyLast(target: Float32Array, offset: number): number {
        target.set(values, offset)
        return input.frames
      },
    }
    const contestants: Record<string, Measure> = {}
    for (const batch of BATCHES) {
      contestants[batch] = async () => {
        const started = performance.now()
        await Promise.all(Array.from({ length: batch }, () => scorer.score({}, window)))
        return (performance.now() - started) / batch
      }
    }
    const windowMilliseconds = await inTurns('windows, in batches of 1, 4 and 16', rounds, contestants)
    const { name, version } = scorer.manifest
    return { bench: 'model', model: `${name} ${version}`, provider: scorer.provider, threads, windowMilliseconds }
  } finally {
    await models.close()
  }
}
