import { AggregatorRegistry } from 'prom-client'
import type { MetricsReport } from './worker-messages.ts'

/** What stays true of a process that is gone. prom-client's types number these; the reports hold words. */
const COUNTS: ReadonlySet<string> = new Set(['counter', 'histogram'])

/**
 * What each worker last told of itself. The counts of one that died stay in the sum, for a sum that falls reads as one that
 * began anew at 0. Holds one report a living worker, and one for all that died together.
 */
export class WorkerReports<Worker> {
  readonly #latest = new Map<Worker, MetricsReport>()
  #ofLost: Promise<MetricsReport> = Promise.resolve([])

  take(worker: Worker, report: MetricsReport): void {
    this.#latest.set(worker, report)
  }

  /** The worker died: what it counted since its last report is lost with it. */
  lose(worker: Worker): void {
    const report = this.#latest.get(worker)
    if (report === undefined) return
    this.#latest.delete(worker)
    const counts = report.filter(({ type }) => COUNTS.has(String(type)))
    this.#ofLost = this.#ofLost.then((before) => together([before, counts]).getMetricsAsJSON())
  }

  /** All together, in Prometheus' text format. */
  async text(): Promise<string> {
    const living = [...this.#latest.values()]
    return together([...living, await this.#ofLost]).metrics()
  }
}

function together(reports: readonly MetricsReport[]) {
  return AggregatorRegistry.aggregate([...reports])
}
