import { setTimeout as wait } from 'node:timers/promises'
import { type Heard, LiveClient } from './live-client.ts'
import type { PacketEncoding } from './packets.ts'
import { Progress } from './progress.ts'
import type { ServerProcess, Usage } from './server-process.ts'
import { type Quantiles, quantilesOf, rounded } from './spread.ts'

/** Streams start at different moments within this time. */
const STAGGER_MS = 1000
const MEBIBYTE = 2 ** 20

export interface LoadOptions {
  /** Of audio before anything is counted. */
  readonly warmUpSeconds: number
  /** Of audio that is counted. */
  readonly seconds: number
  readonly encoding: PacketEncoding
  /** Seconds of audio between two scores. */
  readonly hop: number
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
  /** When counting began and ended, in microseconds of `process.hrtime`. */
  readonly countedFrom: number
  readonly countedUntil: number
}

/** Streams that play in real time from this process to a server's, and what became of their windows. */
export async function measureLoad(
  server: ServerProcess,
  voices: readonly (readonly Uint8Array[])[],
  count: number,
  { warmUpSeconds, seconds, encoding, hop }: LoadOptions,
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
  const total = warmUpSeconds + seconds
  const progress = new Progress(`${count} streams in real time for ${total} s`, total)
  const watch = setInterval(() => progress.at((performance.now() - start) / 1000), 200)
  try {
    await wait(start + STAGGER_MS + warmUpSeconds * 1000 - performance.now())
    const countedFrom = monotonicMicroseconds()
    const [from, before] = [performance.now(), await server.usage()]
    await wait(start + STAGGER_MS + total * 1000 - performance.now())
    const [until, after] = [performance.now(), await server.usage()]
    const countedUntil = monotonicMicroseconds()
    for (const client of clients) client.stop()
    await Promise.all(clients.map((client) => client.close()))
    return {
      streams: count,
      ...timesOf(clients.flatMap((client) => client.heard.filter(({ audioMs }) => audioMs >= warmUpSeconds * 1000))),
      errors: [...new Set(clients.flatMap((client) => client.errors))],
      cpuMsPerStreamSecond: rounded(((after.cpuSeconds - before.cpuSeconds) * 1e6) / ((until - from) * count)),
      residentMiB: memoryOf(idle, after, count),
      senderLateMs: quantilesOf(clients.flatMap((client) => client.lateness)),
      countedFrom,
      countedUntil,
    }
  } finally {
    for (const client of clients) client.stop()
    clearInterval(watch)
    progress.end()
  }
}

function timesOf(
  heard: readonly Heard[],
): Pick<LoadReport, 'dueToEventMs' | 'windowEndToEventMs' | 'serverMs' | 'windowsSkipped' | 'windowsInconclusive'> {
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

/** Without order, between 0 and 1, and the same every time. */
function scattered(index: number): number {
  const value = Math.sin(index * 12.9898) * 43_758.5453
  return value - Math.floor(value)
}

function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
