import cluster, { type Worker } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Logger } from 'pino'
import { EarwitnessError } from '../protocol/errors.ts'
import { WORKER_VARIABLE } from './worker-link.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'
import { WorkerReports } from './worker-reports.ts'

/** Milliseconds that a worker has to tell its metrics. Prometheus waits for ten seconds. */
const REPORT_WAIT_MS = 3_000

export interface WorkerPoolOptions {
  readonly workers: number
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Milliseconds that workers have for their end. */
  readonly endMs: number
  readonly log: Logger
}

/** A question to all workers that listen. */
interface Inquiry {
  readonly asker: Worker
  readonly askersRequest: number
  readonly unheard: Set<Worker>
  readonly timer: NodeJS.Timeout
}

/**
 * Several processes of this program behind one port, each a whole server with a model of its own: a stream stays where it
 * began, and none of its audio is handed on. A process that dies takes its streams along, and another takes its place.
 */
export class WorkerPool {
  readonly port: number
  /** Rejects when a worker ends before it listens: its own message says why. */
  readonly failed: Promise<never>
  readonly #options: WorkerPoolOptions
  readonly #tokenSecret = randomBytes(32).toString('base64')
  readonly #listening = new Set<Worker>()
  readonly #inquiries = new Map<number, Inquiry>()
  readonly #reports = new WorkerReports<Worker>()
  #requests = 0
  #stopping = false
  #fail: (error: EarwitnessError) => void = () => {}

  private constructor(options: WorkerPoolOptions, port: number) {
    this.#options = options
    this.port = port
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    // Whether anybody waits for it or not.
    this.failed.catch(() => {})
  }

  /** Resolves when all of them listen. @throws EarwitnessError where one cannot; what listening throws */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options, await portToListenOn(options))
    const all = Promise.all(Array.from({ length: options.workers }, () => pool.#startWorker()))
    try {
      await Promise.race([all, pool.failed])
      return pool
    } catch (error) {
      await pool.stop()
      throw error
    }
  }

  /** Has all workers read keys and certificate again. */
  reload(): void {
    for (const worker of this.#listening) worker.process.kill('SIGHUP')
  }

  /** Lets each worker end its streams as a server of its own does. */
  async stop(): Promise<void> {
    this.#stopping = true
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    const ended = Promise.all(workers.map((worker) => worker.isDead() || once(worker, 'exit')))
    for (const worker of workers) worker.process.kill('SIGTERM')
    const timer = setTimeout(() => {
      for (const worker of workers) worker.process.kill('SIGKILL')
    }, this.#options.endMs)
    await ended
    clearTimeout(timer)
  }

  async #startWorker(): Promise<void> {
    const worker = cluster.fork({ [WORKER_VARIABLE]: '1' })
    worker.on('message', (message: FromWorker) => this.#hear(worker, message))
    worker.on('exit', (code, signal) => this.#lose(worker, signal ?? `code ${code}`))
    await once(worker, 'told to listen')
  }

  #hear(worker: Worker, message: FromWorker): void {
    const { workers } = this.#options
    switch (message.kind) {
      case 'begun':
        tell(worker, { kind: 'start', port: this.port, workers, tokenSecret: this.#tokenSecret })
        return
      case 'listening':
        this.#listening.add(worker)
        worker.emit('told to listen')
        return
      case 'metrics':
        this.#askAll(worker, message.request)
        return
      case 'report':
        this.#takeReport(worker, message)
    }
  }

  #lose(worker: Worker, how: string): void {
    const listened = this.#listening.delete(worker)
    this.#reports.lose(worker)
    for (const [request, inquiry] of this.#inquiries) this.#heardFrom(worker, request, inquiry)
    if (this.#stopping) return
    if (!listened) {
      this.#fail(new EarwitnessError('internal', `a worker ended with ${how} before it listened; its message is above`))
      return
    }
    this.#options.log.error({ worker: worker.id, how }, 'a worker died, and its streams with it; another starts')
    void this.#startWorker()
  }

  #askAll(asker: Worker, askersRequest: number): void {
    const request = this.#requests++
    const timer = setTimeout(() => this.#goWithoutUnheard(request), REPORT_WAIT_MS)
    this.#inquiries.set(request, { asker, askersRequest, unheard: new Set(this.#listening), timer })
    for (const worker of this.#listening) tell(worker, { kind: 'report', request })
  }

  /** Of a worker that hangs, its last report is in the sum. */
  #goWithoutUnheard(request: number): void {
    const inquiry = this.#inquiries.get(request)
    for (const worker of inquiry?.unheard ?? []) {
      this.#options.log.warn(
        { worker: worker.id },
        `a worker has not told its metrics in ${REPORT_WAIT_MS} ms; its last ones stand for it`,
      )
      this.#heardFrom(worker, request, inquiry!)
    }
  }

  #takeReport(worker: Worker, { request, report }: Extract<FromWorker, { kind: 'report' }>): void {
    // One that is known to be dead may still be heard: its last report is in the sum already.
    if (!this.#listening.has(worker)) return
    this.#reports.take(worker, report)
    const inquiry = this.#inquiries.get(request)
    if (inquiry !== undefined) this.#heardFrom(worker, request, inquiry)
  }

  /** Answers once nobody is left to be heard. */
  #heardFrom(worker: Worker, request: number, { asker, askersRequest, unheard, timer }: Inquiry): void {
    unheard.delete(worker)
    if (unheard.size > 0) return
    clearTimeout(timer)
    this.#inquiries.delete(request)
    void this.#reports.text().then((text) => tell(asker, { kind: 'metrics', request: askersRequest, text }))
  }
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message)
}

/** The port, found free, and let go again for the workers. @throws what listening throws, such as EADDRINUSE */
async function portToListenOn({ host, port }: WorkerPoolOptions): Promise<number> {
  const probe = createServer()
  const listening = once(probe, 'listening')
  probe.listen({ host, port, exclusive: true })
  await listening
  const { port: found } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return found
}
