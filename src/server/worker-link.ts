import { once } from 'node:events'
import type { FromWorker, MetricsReport, ToWorker } from './worker-messages.ts'

/** Set where a process was started as one of several behind a port. */
export const WORKER_VARIABLE = 'EARWITNESS_WORKER'

/** A worker's way to the process that started it. */
export class WorkerLink {
  readonly port: number
  /** Processes behind the port. */
  readonly workers: number
  /** What stream tokens are signed with where no file says it: all workers take each other's. */
  readonly tokenSecret: Uint8Array
  readonly #asked = new Map<number, (text: string) => void>()
  #requests = 0
  #report: (() => Promise<MetricsReport>) | undefined

  private constructor({ port, workers, tokenSecret }: Extract<ToWorker, { kind: 'start' }>) {
    this.port = port
    this.workers = workers
    this.tokenSecret = Buffer.from(tokenSecret, 'base64')
    process.on('message', (message: ToWorker) => this.#hear(message))
  }

  /** Waits to be told what to do. Undefined where this process is no worker. */
  static async open(): Promise<WorkerLink | undefined> {
    if (process.env[WORKER_VARIABLE] === undefined || process.send === undefined) return undefined
    const told = once(process, 'message')
    send({ kind: 'begun' })
    const [message] = (await told) as [ToWorker]
    if (message.kind !== 'start') throw new Error(`a worker is first told to start, not ${message.kind}`)
    return new WorkerLink(message)
  }

  /** Says that streams may come, and from now on what this process's own metrics are. */
  listening(report: () => Promise<MetricsReport>): void {
    this.#report = report
    send({ kind: 'listening' })
  }

  /** The metrics of all workers together, in Prometheus' text format. */
  metrics(): Promise<string> {
    const request = this.#requests++
    return new Promise((resolve) => {
      this.#asked.set(request, resolve)
      send({ kind: 'metrics', request })
    })
  }

  /** Lets this process end when it has nothing else to do. */
  close(): void {
    process.channel?.unref()
  }

  #hear(message: ToWorker): void {
    if (message.kind === 'report') void this.#tellReport(message.request)
    if (message.kind !== 'metrics') return
    this.#asked.get(message.request)?.(message.text)
    this.#asked.delete(message.request)
  }

  async #tellReport(request: number): Promise<void> {
    send({ kind: 'report', request, report: (await this.#report?.()) ?? [] })
  }
}

function send(message: FromWorker): void {
  process.send?.(message)
}
