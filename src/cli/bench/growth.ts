import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { growthFigures } from './growth-figures.ts'
import { benchLatency, type LatencyOptions } from './latency.ts'
import type { LoadReport } from './load.ts'
import { type AudioCourse, courseOfAudio } from './long-audio.ts'

const HOPS = [0.1, 0.2, 0.5, 1, 2]
/** Streams with which hops are compared. */
const STREAMS_BY_HOP = 10

export interface GrowthOptions {
  /** Each number of streams, and each hop, is measured for. */
  readonly seconds: number
  /** Of audio in one stream. */
  readonly hours: number
  /** No more streams than these are tried (default: as many as it takes until windows are skipped). */
  readonly upTo?: number
  readonly plots?: string
}

/** What a stream costs, by what grows. */
export interface GrowthReport {
  readonly bench: 'growth'
  readonly byStreams: readonly LoadReport[]
  readonly byHop: readonly (LoadReport & { readonly hop: number })[]
  readonly byHours: readonly AudioCourse[]
}

/** Cost against the number of streams until windows are skipped, against the hop, and against hours of audio. */
export async function benchGrowth({
  seconds,
  hours,
  upTo = Number.POSITIVE_INFINITY,
  plots,
}: GrowthOptions): Promise<GrowthReport> {
  if (plots !== undefined) await mkdir(plots, { recursive: true })
  const byHours = await courseOfAudio(hours)
  const load = { seconds, transport: 'ws', encoding: 's16le', model: 'default', hop: 0.5 } as const
  const byStreams: LoadReport[] = []
  for (const streams of numbersOfStreams()) {
    if (streams > upTo) break
    byStreams.push(await loadOf({ ...load, streams: [streams] }))
    if (byStreams.at(-1)!.windowsSkipped > 0) break
  }
  const byHop: GrowthReport['byHop'][number][] = []
  for (const hop of HOPS) byHop.push({ hop, ...(await loadOf({ ...load, hop, streams: [STREAMS_BY_HOP] })) })
  const report: GrowthReport = { bench: 'growth', byStreams, byHop, byHours }
  if (plots !== undefined) await draw(report, plots)
  return report
}

/** A few to begin with, then 50 more each time for every thousand begun. */
function* numbersOfStreams(): Generator<number> {
  yield* [1, 2, 5, 10, 20]
  for (let streams = 50; ; streams += 50 * Math.ceil(streams / 1000)) yield streams
}

async function loadOf(options: LatencyOptions): Promise<LoadReport> {
  return (await benchLatency(options)).loads[0]!
}

async function draw(report: GrowthReport, folder: string): Promise<void> {
  for (const [name, figure] of growthFigures(report)) {
    await writeFile(join(folder, `${name}.svg`), figure.toString())
  }
}
