import type { TransportName } from '../../server/serve.ts'
import { type LoadReport, measureLoad } from './load.ts'
import { type PacketEncoding, packetsOf } from './packets.ts'
import { recordings } from './recordings.ts'
import { ServerProcess } from './server-process.ts'
import { rounded } from './spread.ts'

/** Then a window is full, and all memory of a stream is in use. */
const FILLED_SECONDS = 11

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
  const warmUpSeconds = Math.min(FILLED_SECONDS, seconds / 2)
  const load = { warmUpSeconds, seconds: seconds - warmUpSeconds, encoding, hop }
  const loads: LoadReport[] = []
  for (const count of streams) {
    const server = await ServerProcess.start(options)
    try {
      loads.push(await measureLoad(server, voices, count, load))
    } finally {
      await server.stop()
    }
  }
  return { bench: 'latency', transport, encoding, seconds, hop, loads, residentMiBPerFurtherStream: memorySlope(loads) }
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
