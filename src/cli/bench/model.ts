import { LocalScorer } from '../../scoring/local-scorer.ts'
import { modelFolder } from '../../scoring/model-folders.ts'
import type { ProviderChoice } from '../../scoring/model-manifest.ts'
import type { WindowSource } from '../../scoring/scorer.ts'
import { inTurns, type Measure } from './in-turns.ts'
import { noise } from './noise.ts'
import { rounded, type Spread, spreadOf } from './spread.ts'

export const BATCHES = [1, 4, 16]
const HOP_SECONDS = 0.5
const SCORING_SECONDS = 600

type ByBatch<Value> = Readonly<Record<number, Value>>

interface Cost {
  /** From the batcher to the logit, by how many windows are scored at once. */
  readonly windowMilliseconds: ByBatch<Spread>
  /** As many as streams that can be scored at a hop of one second. */
  readonly windowsPerSecond: ByBatch<number>
  /** Processor time of all threads. */
  readonly cpuMsPerStreamSecond: ByBatch<Spread>
}

export interface ModelReport {
  readonly bench: 'model'
  readonly model: string
  readonly provider: string
  readonly threads: number
  readonly hop: number
  readonly whole: Cost
  /** Going on from the windows before; null for a model that cannot. */
  readonly incremental: Cost | null
  /** Processor time of whole windows over that of the incremental ones. */
  readonly ratio: ByBatch<number> | null
}

export interface ModelOptions {
  readonly model: string
  readonly provider: ProviderChoice
  readonly rounds: number
  readonly threads: number
  /** How many windows at once, one measurement each. */
  readonly batch: readonly number[]
}

/** The cost of full windows, alone and in batches, through the same worker and batcher as a server's, both ways in turns. */
export async function benchModel(options: ModelOptions): Promise<ModelReport> {
  const { model, provider, rounds, threads, batch } = options
  const bounds = { maxBatch: Math.max(...batch), maxWaitMs: 0, maxBatchMs: Number.POSITIVE_INFINITY }
  const settings = { provider, scoringSeconds: SCORING_SECONDS, threads, ...bounds }
  const scorers = await Promise.all([
    LocalScorer.open(modelFolder(model), { ...settings, wholeWindows: true }),
    LocalScorer.open(modelFolder(model), settings),
  ])
  try {
    const [whole, own] = scorers
    const costs = new Costs(rounds, batch)
    costs.contest('whole', whole)
    if (own.thread.isIncremental) costs.contest('incremental', own)
    await costs.measure()
    const { name, version } = whole.manifest
    const found = { whole: costs.of('whole'), incremental: own.thread.isIncremental ? costs.of('incremental') : null }
    return {
      bench: 'model',
      model: `${name} ${version}`,
      provider: own.provider,
      threads,
      hop: HOP_SECONDS,
      ...found,
      ratio: found.incremental && ratios(batch, found.whole, found.incremental),
    }
  } finally {
    await Promise.all(scorers.map((scorer) => scorer.close()))
  }
}

class Costs {
  readonly #rounds: number
  readonly #batches: readonly number[]
  readonly #contestants: Record<string, Measure> = {}
  readonly #cpu = new Map<string, number[]>()
  #milliseconds: Record<string, Spread> = {}

  constructor(rounds: number, batches: readonly number[]) {
    this.#rounds = rounds
    this.#batches = batches
  }

  contest(how: string, scorer: LocalScorer): void {
    for (const batch of this.#batches) {
      const streams = Array.from({ length: batch }, () => new NoiseStream(scorer))
      const cpu: number[] = []
      this.#cpu.set(`${how} ${batch}`, cpu)
      this.#contestants[`${how} ${batch}`] = async () => {
        for (const stream of streams) stream.hop()
        const [started, before] = [performance.now(), process.cpuUsage()]
        await Promise.all(streams.map((stream) => scorer.score(stream, stream)))
        const [milliseconds, used] = [performance.now() - started, process.cpuUsage(before)]
        cpu.push((used.user + used.system) / 1000 / batch / HOP_SECONDS)
        return milliseconds / batch
      }
    }
  }

  async measure(): Promise<void> {
    this.#milliseconds = await inTurns(
      `windows, in batches of ${this.#batches.join(', ')}`,
      this.#rounds,
      this.#contestants,
    )
  }

  of(how: string): Cost {
    const milliseconds = (batch: number): Spread => this.#milliseconds[`${how} ${batch}`]!
    return {
      windowMilliseconds: byBatch(this.#batches, milliseconds),
      windowsPerSecond: byBatch(this.#batches, (batch) => rounded(1000 / milliseconds(batch).median)),
      // The first round warms up.
      cpuMsPerStreamSecond: byBatch(this.#batches, (batch) => spreadOf(this.#cpu.get(`${how} ${batch}`)!.slice(1))),
    }
  }
}

/** A stream whose window is full and which goes on by a hop: noise, over and over. */
class NoiseStream implements WindowSource {
  readonly #hopFrames: number
  readonly #bins: number
  readonly #values: Float32Array
  count: number

  constructor({ manifest: { input, frontend } }: LocalScorer) {
    this.#hopFrames = Math.round((HOP_SECONDS * frontend.sampleRate) / frontend.hopSamples)
    this.#bins = frontend.melBins
    this.#values = noise(2 * input.frames * frontend.melBins)
    this.count = input.frames
  }

  get oldest(): number {
    return 0
  }

  hop(): void {
    this.count += this.#hopFrames
  }

  copy(first: number, end: number, target: Float32Array, offset: number): void {
    const held = this.#values.length / this.#bins / 2
    const from = (first % held) * this.#bins
    target.set(this.#values.subarray(from, from + (end - first) * this.#bins), offset)
  }
}

function byBatch<Value>(batches: readonly number[], of: (batch: number) => Value): ByBatch<Value> {
  return Object.fromEntries(batches.map((batch) => [batch, of(batch)]))
}

function ratios(batches: readonly number[], whole: Cost, incremental: Cost): ByBatch<number> {
  return byBatch(batches, (batch) =>
    rounded(whole.cpuMsPerStreamSecond[batch]!.median / incremental.cpuMsPerStreamSecond[batch]!.median),
  )
}
