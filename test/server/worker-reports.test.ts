import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import type { MetricsReport } from '../../src/server/worker-messages.ts'
import { WorkerReports } from '../../src/server/worker-reports.ts'

function reportOf(closed: number, open: number): Promise<MetricsReport> {
  const registers = [new Registry()]
  new Counter({ name: 'closed_total', help: 'Ended.', labelNames: ['code'], registers }).inc({ code: 1000 }, closed)
  new Gauge({ name: 'open', help: 'Open.', registers }).set(open)
  new Histogram({ name: 'seconds', help: 'Late.', buckets: [1], registers }).observe(closed)
  return registers[0]!.getMetricsAsJSON()
}

async function linesOf(reports: WorkerReports<string>): Promise<string[]> {
  return (await reports.text()).split('\n').filter((line) => /^\w/.test(line))
}

describe('the reports of workers', () => {
  it('keep the counts of those that died, and nothing else of them', async () => {
    const reports = new WorkerReports<string>()
    reports.take('first', await reportOf(3, 2))
    reports.take('second', await reportOf(4, 5))
    for (const worker of ['first', 'second']) reports.lose(worker)
    reports.take('third', await reportOf(1, 1))
    expect((await linesOf(reports)).sort()).toEqual([
      'closed_total{code="1000"} 8',
      'open 1',
      'seconds_bucket{le="+Inf"} 3',
      'seconds_bucket{le="1"} 1',
      'seconds_count 3',
      'seconds_sum 8',
    ])
  })

  it('count no worker twice, whether it reports again or dies while the sum is made', async () => {
    const reports = new WorkerReports<string>()
    reports.take('first', await reportOf(3, 2))
    reports.take('first', await reportOf(4, 2))
    const before = linesOf(reports)
    reports.lose('first')
    expect(await before).toContain('closed_total{code="1000"} 4')
    expect(await linesOf(reports)).toContain('closed_total{code="1000"} 4')
  })

  it('know nothing of a worker that died before it was asked', async () => {
    const reports = new WorkerReports<string>()
    reports.lose('first')
    expect(await linesOf(reports)).toEqual([])
  })
})
