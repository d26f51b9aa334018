import type { TransportName } from '../../server/serve.ts'
import { leaveCores } from './cores.ts'
import { cpuShares, type Part } from './cpu-parts.ts'
import { type LoadReport, measureLoad } from './load.ts'
import { mostStreams } from './most-streams.ts'
import { type PacketEncoding, packetsOf } from './packets.ts'
import { measurePeer, type PeerReport } from './peer.ts'
import { recordings } from './recordings.ts'
import { ScratchFolder } from './scratch-folder.ts'
import { ServerProcess, type ServerProcessOptions } from './server-process.ts'
import { rounded } from './spread.ts'

/** Then windows are full, and all memory of a stream is in use. */
const WARM_UP_SECONDS = 11
/** What an event may take beyond the hop, for all but one in a hundred. */
const MOST_LATENCY_MS = 100
/** Of the most streams, those that are profiled: a profile costs time itself. */
const PROFILED_SHARE = 0.8
const PROFILED_SECONDS = 20

export interface StreamsOptions {
  readonly transport: readonly TransportName[]
  readonly encoding: readonly PacketEncoding[]
  /** The number of streams to begin with. */
  readonly from: number
  /** No more than these are tried (default: as many as it takes until one fails). */
  readonly upTo?: number
  /** Of audio without a skipped window that a number of streams must pass, after windows are full. */
  readonly seconds: number
  readonly hop: number
  readonly model: string
  readonly audio?: string
  readonly threads?: number
  readonly workers?: number
  /** The server's; the load and Python get the others. Without it all share all. */
  readonly cores?: number
  readonly peer: boolean
}

interface Trial {
  readonly streams: number
  readonly passed: boolean
  readonly p99Ms: number | null
  readonly skipped: number
  readonly senderLateP99Ms: number | null
  readonly errors: readonly string[]
}

export interface StreamsRun {
  readonly transport: TransportName
  readonly encoding: PacketEncoding
  /** The most that passed: p99 of due → event at most 100 ms, no window skipped, no error. */
  readonly mostStreams: number
  /** What the server's processor time at that number comes to: 1000 ms over that of a stream and second. */
  readonly streamsPerCore: number | null
  readonly atMost: LoadReport | null
  /** Milliseconds a stream and second of audio: the processor time at that number, by the shares of a profiled run. */
  readonly cpuMsByPart: Partial<Record<Part, number>>
  /** Processor time of Python's sliding window over ours, by its network. */
  readonly ratioToPeer: Readonly<Record<string, number>>
  readonly trials: readonly Trial[]
}

export interface StreamsReport {
  readonly bench: 'streams'
  readonly seconds: number
  readonly hop: number
  readonly serverCores: number | 'all'
  readonly workers: number
  readonly runs: readonly StreamsRun[]
  readonly peer: PeerReport | { readonly unavailable: string } | null
}

/** How many live streams one server carries, what each costs and where it goes, beside Python's sliding window. */
export async function benchStreams(options: StreamsOptions): Promise<StreamsReport> {
  const { seconds, hop, cores, transport, encoding } = options
  const confined = cores === undefined ? options : { ...options, serverCores: leaveCores(cores) }
  const peer = options.peer ? await measurePeer(hop) : null
  const samples = await recordings(options.audio)
  const runs: StreamsRun[] = []
  for (const carrier of transport) {
    for (const form of encoding) {
      const voices = samples.map((voice) => packetsOf(voice, form))
      runs.push(await new StreamsBench(confined, carrier, form, voices, peer).run())
    }
  }
  return { bench: 'streams', seconds, hop, serverCores: cores ?? 'all', workers: options.workers ?? 1, runs, peer }
}

class StreamsBench {
  readonly #options: StreamsOptions & Pick<ServerProcessOptions, 'serverCores'>
  readonly #transport: TransportName
  readonly #encoding: PacketEncoding
  readonly #voices: readonly (readonly Uint8Array[])[]
  readonly #peer: StreamsReport['peer']

  constructor(
    options: StreamsOptions & Pick<ServerProcessOptions, 'serverCores'>,
    transport: TransportName,
    encoding: PacketEncoding,
    voices: readonly (readonly Uint8Array[])[],
    peer: StreamsReport['peer'],
  ) {
    this.#options = options
    this.#transport = transport
    this.#encoding = encoding
    this.#voices = voices
    this.#peer = peer
  }

  async run(): Promise<StreamsRun> {
    const trials: Trial[] = []
    let atMost: LoadReport | undefined
    const { from, upTo = Number.POSITIVE_INFINITY } = this.#options
    const most = await mostStreams(from, upTo, async (streams) => {
      const load = await this.#load(streams, this.#options.seconds)
      const trial = trialOf(load)
      trials.push(trial)
      if (trial.passed) atMost = load
      return trial.passed
    })
    const cpuMs = atMost?.cpuMsPerStreamSecond
    return {
      transport: this.#transport,
      encoding: this.#encoding,
      mostStreams: most,
      streamsPerCore: cpuMs === undefined ? null : rounded(1000 / cpuMs),
      atMost: atMost ?? null,
      cpuMsByPart: cpuMs === undefined ? {} : await this.#cpuMsByPart(Math.ceil(most * PROFILED_SHARE), cpuMs),
      ratioToPeer: cpuMs === undefined ? {} : this.#ratioToPeer(cpuMs),
      trials,
    }
  }

  async #load(streams: number, seconds: number, profiles?: string): Promise<LoadReport> {
    const { hop } = this.#options
    const options = { ...this.#options, transport: this.#transport, ...(profiles !== undefined && { profiles }) }
    const server = await ServerProcess.start(options)
    try {
      const load = { warmUpSeconds: WARM_UP_SECONDS, seconds, encoding: this.#encoding, hop }
      return await measureLoad(server, this.#voices, streams, load)
    } finally {
      await server.stop()
    }
  }

  async #cpuMsByPart(streams: number, cpuMs: number): Promise<StreamsRun['cpuMsByPart']> {
    const profiles = new ScratchFolder()
    try {
      const seconds = Math.min(PROFILED_SECONDS, this.#options.seconds)
      const { countedFrom, countedUntil } = await this.#load(streams, seconds, profiles.path)
      const shares = await cpuShares(profiles.path, countedFrom, countedUntil)
      return Object.fromEntries(Object.entries(shares).map(([part, share]) => [part, rounded(share * cpuMs)]))
    } finally {
      profiles.remove()
    }
  }

  #ratioToPeer(cpuMs: number): Record<string, number> {
    if (this.#peer === null || 'unavailable' in this.#peer) return {}
    const networks = Object.entries(this.#peer.networks)
    return Object.fromEntries(networks.map(([name, cost]) => [name, rounded(cost.cpuMsPerStreamSecond / cpuMs)]))
  }
}

function trialOf({ streams, dueToEventMs, windowsSkipped, errors, senderLateMs }: LoadReport): Trial {
  const { p99 } = dueToEventMs
  return {
    streams,
    passed: p99 !== null && p99 <= MOST_LATENCY_MS && windowsSkipped === 0 && errors.length === 0,
    p99Ms: p99,
    skipped: windowsSkipped,
    senderLateP99Ms: senderLateMs.p99,
    errors,
  }
}
