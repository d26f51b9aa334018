import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TransportName } from '../../server/serve.ts'
import { endWithUs } from '../end-with-us.ts'
import { onCores } from './cores.ts'

export interface ServerProcessOptions {
  readonly transport: TransportName
  readonly model: string
  readonly threads?: number
  /** Processes behind its port; 1 without it. */
  readonly workers?: number
  /** Runs on these cores alone (Linux). */
  readonly serverCores?: readonly number[]
  /** Where its threads leave a profile when they end. */
  readonly profiles?: string
}

/** More than any load here: what is measured is the machine, not what the defaults let in. */
const LIFTED = 100_000

/** What the process has used so far. */
export interface Usage {
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** `earwitness serve` in a process of its own, on a free port. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #host: string
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess, host: string) {
    this.#child = child
    this.#host = host
    this.#ended = once(child, 'exit')
  }

  /** The options that this Node was started with, such as --cpu-prof, are handed on. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { transport, model, threads, workers, serverCores, profiles } = options
    const main = fileURLToPath(new URL('../main.js', import.meta.url))
    const lifted = ['streams', 'keyStreams', 'addressStreams', 'connections', 'loadPercent']
    const words = [
      '--port',
      '0',
      '--transport',
      transport,
      '--model',
      model,
      '--log-level',
      'error',
      ...lifted.flatMap((name) => ['--limit', `${name}=${LIFTED}`]),
    ]
    if (threads !== undefined) words.push('--threads', String(threads))
    if (workers !== undefined) words.push('--workers', String(workers))
    const profiled = profiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profiles]
    const command = [process.execPath, ...process.execArgv, ...profiled, main, 'serve', ...words]
    const [program, ...rest] = serverCores === undefined ? command : onCores(serverCores, command)
    const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    endWithUs(child)
    for await (const line of createInterface({ input: child.stdout })) {
      const host = /http:\/\/(\S+)/.exec(line)?.[1]
      if (host !== undefined) return new ServerProcess(child, host)
    }
    throw new Error('the server ended before it listened; its message is above')
  }

  streamUrl(query: Record<string, string>): string {
    return `ws://${this.#host}/v1/stream?${new URLSearchParams(query)}`
  }

  async usage(): Promise<Usage> {
    const answer = await fetch(`http://${this.#host}/metrics`).catch((cause) => {
      throw new Error('the server ended while it was measured; its message is above', { cause })
    })
    const text = await answer.text()
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? Number.NaN)
    return { cpuSeconds: value('process_cpu_seconds_total'), residentBytes: value('process_resident_memory_bytes') }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}
