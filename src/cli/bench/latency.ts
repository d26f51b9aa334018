import { setTimeout as wait } from 'node:timers/promises'
import type { TransportName } from '../../server/serve.ts'
import { type Heard, LiveClient } from './live-client.ts'
import { type PacketEncoding, packetsOf } from './packets.ts'
import { Progress } from './progress.ts'
import { recordings } from './recordings.ts'
import { ServerProcess, type Usage } from './server-process.ts'
import { type Quantiles, quantilesOf, rounded } from './spread.ts'

/** Streams start at different moments within this time. */
const STAGGER_MS = 1000
/** Then a window is full, and all memory of a stream is in use. */
const FILLED_SECONDS = 11
const MEBIBYTE = 2 ** 20

export interface LatencyOptions {
  readonly streams: readonly number[]
  /** Each stream is measured for, once its windows are full or half of this time is over. */
  readonly seconds: number
  readonly transport: TransportName
  readonly encoding: PacketEncoding
  readonly model: string
  readonly audio?: string
  /** Seconds of audio between two scores. */
  readonly hop: number
  /** Of the model; its own default without it. */
  readonly threads?: number
}

export interface LoadReport {
  readonly streams: number
  /** From the sending of the packet with which a window comes due to its event; windows that the model scored. */
  readonly dueToEventMs: Quantiles
  /** From the sending of the packet that holds a window's last sample: with the front end's look-ahead of 54 ms. */
  readonly windowEndToEventMs: Quantiles
  /** As the server measures it, from the arrival of the audio. */
  readonly serverMs: Quantiles
  readonly windowsSkipped: number
  readonly windowsInconclusive: number
  readonly errors: readonly string[]
  /** Of the server's process, all its threads. */
  readonly cpuMsPerStreamSecond: number
  readonly residentMiB: { readonly idle: number; readonly busy: number; readonly perStream: number }
  /** How late the load generator itself sent its packets. */
  readonly senderLateMs: Quantiles
}

export interface LatencyReport {
  readonly bench: 'latency'
  readonly transport: TransportName
  readonly encoding: PacketEncoding
  readonly seconds: number
  readonly hop: number
  readonly loads: readonly LoadReport[]
  /** Slope of the busy server's memory over the number of streams: what one more stream costs. */
  readonly residentMiBPerFurtherStream: number | null
}

/** A server in a process of its own for each number of streams; this process sends to it in real time. */
export async function benchLatency(options: LatencyOptions): Promise<LatencyReport> {
  const { transport, encoding, seconds, audio, streams, hop } = options
  const voices = (await recordings(audio)).map((samples) => packetsOf(samples, encoding))
  const loads: LoadReport[] = []
  for (const count of streams) {
    const server = await ServerProcess.start(options, count)
    try {
      loads.push(await measureLoad(server, voices, count, options))
    } finally {
      await server.stop()
    }
  }
  return { bench: 'latency', transport, encoding, seconds, hop, loads, residentMiBPerFurtherStream: memorySlope(loads) }
}

async function measureLoad(
  server: ServerProcess,
  voices: readonly (readonly Uint8Array[])[],
  count: number,
  { seconds, encoding, hop }: LatencyOptions,
): Promise<LoadReport> {
  const idle = await server.usage()
  const url = server.streamUrl({ encoding, hop: String(hop), events: 'score,error' })
  const open = (_: unknown, index: number): Promise<LiveClient> => {
    const packets = voices[index % voices.length]!
    return LiveClient.open(url, packets, Math.floor(scattered(index + 0.5) * packets.length))
  }
  const clients = await Promise.all(Array.from({ length: count }, open))
  const start = performance.now() + 100
  for (const [index, client] of clients.entries()) client.start(start + scattered(index) * STAGGER_MS)
  const filled = Math.min(FILLED_SECONDS, seconds / 2)
  const progress = new Progress(`${count} streams in real time for ${seconds} s`, seconds)
  const watch = setInterval(() => progress.at((performance.now() - start) / 1000), 200)
  await wait(start + STAGGER_MS + filled * 1000 - performance.now())
  const [from, before] = [performance.now(), await server.usage()]
  await wait(start + STAGGER_MS + seconds * 1000 - performance.now())
  const [until, after] = [performance.now(), await server.usage()]
  for (const client of clients) client.stop()
  clearInterval(watch)
  progress.end()
  await Promise.all(clients.map((client) => client.close()))
  return {
    streams: count,
    ...timesOf(clients.flatMap((client) => client.heard.filter(({ audioMs }) => audioMs >= filled * 1000))),
    errors: [...new Set(clients.flatMap((client) => client.errors))],
    cpuMsPerStreamSecond: rounded(((after.cpuSeconds - before.cpuSeconds) * 1e6) / ((until - from) * count)),
    residentMiB: memoryOf(idle, after, count),
    senderLateMs: quantilesOf(clients.flatMap((client) => client.lateness)),
  }
}

function timesOf(
  heard: readonly Heard[],
): Omit<LoadReport, 'streams' | 'errors' | 'cpuMsPerStreamSecond' | 'residentMiB' | 'senderLateMs'> {
  const scored = heard.filter(({ event }) => event.verdict !== 'inconclusive')
  return {
    dueToEventMs: quantilesOf(scored.map(({ afterDue }) => afterDue)),
    windowEndToEventMs: quantilesOf(scored.map(({ afterEnd }) => afterEnd)),
    serverMs: quantilesOf(scored.map(({ event }) => event.latencyMs)),
    windowsSkipped: heard.reduce((total, { event }) => total + event.skipped, 0),
    windowsInconclusive: heard.length - scored.length,
  }
}

function memoryOf(idle: Usage, busy: Usage, count: number): LoadReport['residentMiB'] {
  return {
    idle: rounded(idle.residentBytes / MEBIBYTE),
    busy: rounded(busy.residentBytes / MEBIBYTE),
    perStream: rounded((busy.residentBytes - idle.residentBytes) / MEBIBYTE / count),
  }
}

/** Least squares. */
function memorySlope(loads: readonly LoadReport[]): number | null {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const streams = mean(loads.map((load) => load.streams))
  const resident = mean(loads.map((load) => load.residentMiB.busy))
  const products = loads.map((load) => (load.streams - streams) * (load.residentMiB.busy - resident))
  const squares = loads.map((load) => (load.streams - streams) ** 2)
  return mean(squares) === 0 ? null : rounded(mean(products) / mean(squares))
}

/** Without order, between 0 and 1, and the same every time. */
function scattered(index: number): number {
  const value = Math.sin(index * 12.9898) * 43_758.5453
  return value - Math.floor(value)
}
