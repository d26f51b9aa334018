import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a server's processor time goes to. */
export type Part = 'socket' | 'decode' | 'resample' | 'mel' | 'gate' | 'score' | 'events' | 'garbage' | 'runtime'

interface CallFrame {
  readonly functionName: string
  readonly url: string
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: CallFrame
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** Microseconds from one sample to the next. */
  readonly timeDeltas: readonly number[]
  /** Microseconds of the machine's monotonic clock, that of `process.hrtime`. */
  readonly startTime: number
}

const PARTS: readonly (readonly [RegExp, Part])[] = [
  [/node_modules\/(ws|uWebSockets\.js)\//, 'socket'],
  [/^node:(net|_http|http|events|internal\/(stream|streams|http|buffer|timers))/, 'socket'],
  [/\/server\/[^/]*(transport|connection)[^/]*$/, 'socket'],
  [/\/audio\/|@discordjs\/opus|\/sample-blocks\.js$/, 'decode'],
  [/\/dsp\/resampl/, 'resample'],
  [/\/dsp\/(torchaudio-mel|kaldi-fbank)\.js$/, 'mel'],
  [/\/dsp\/frame-cues\.js$|\/stream\/(speech-|clipping-)/, 'gate'],
  [/\/scoring\/|node_modules\/onnxruntime/, 'score'],
  [/\/(stream|protocol|server)\/|node_modules\/(rxjs|pino|prom-client)\//, 'events'],
]

/** Of the engine: what has no caller of ours. */
const OWN: Readonly<Record<string, Part | 'idle'>> = {
  '(idle)': 'idle',
  '(garbage collector)': 'garbage',
}

/**
 * The share of each part in the busy time of all threads of one process, by the profiles that `--cpu-prof` left in a folder. A function
 * counts for the nearest of its callers that belongs to a part; what has none, system calls of the event loop above
 * all, is `runtime`.
 * @param fromMicroseconds on the clock of `process.hrtime`, as `until`: what lies outside, such as loading, is left out
 */
export async function cpuShares(
  folder: string,
  fromMicroseconds: number,
  untilMicroseconds: number,
): Promise<Partial<Record<Part, number>>> {
  const sums = new Map<Part, number>()
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.cpuprofile')) continue
    addProfile(sums, JSON.parse(await readFile(join(folder, name), 'utf8')), fromMicroseconds, untilMicroseconds)
  }
  const total = [...sums.values()].reduce((sum, part) => sum + part, 0)
  return Object.fromEntries([...sums].sort((a, b) => b[1] - a[1]).map(([part, sum]) => [part, sum / total]))
}

function addProfile(sums: Map<Part, number>, profile: CpuProfile, from: number, until: number): void {
  const parts = partsOf(profile)
  let now = profile.startTime
  for (const [index, sample] of profile.samples.entries()) {
    const passed = profile.timeDeltas[index]!
    now += passed
    const part = parts.get(sample)
    if (part === undefined || part === 'idle' || now < from || now > until) continue
    sums.set(part, (sums.get(part) ?? 0) + passed)
  }
}

/** The part of each call in the tree. */
function partsOf({ nodes }: CpuProfile): Map<number, Part | 'idle'> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const partOf = (id: number | undefined): Part | 'idle' => {
    if (id === undefined) return 'runtime'
    const { functionName, url } = frames.get(id)!
    return OWN[functionName] ?? PARTS.find(([pattern]) => pattern.test(url))?.[1] ?? partOf(parents.get(id))
  }
  return new Map(nodes.map(({ id }) => [id, partOf(id)]))
}
