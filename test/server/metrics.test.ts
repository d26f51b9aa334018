import { AggregatorRegistry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { Metrics } from '../../src/server/metrics.ts'

function metricsAt(model: number, room: number): Metrics {
  return new Metrics({
    waiting: () => 1,
    restarts: () => 0,
    batches: () => ({ batches: 0, windows: 0 }),
    load: () => ({ model, eventLoop: model / 2, room }),
  })
}

describe('the metrics of several processes', () => {
  it('add up what adds up, and tell the load of the fullest', async () => {
    const reports = [metricsAt(0.25, 300).report(), metricsAt(0.5, 200).report()]
    const text = await AggregatorRegistry.aggregate(await Promise.all(reports)).metrics()
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'earwitness_load_ratio{thread="model"} 0.5',
        'earwitness_load_ratio{thread="event_loop"} 0.25',
        'earwitness_streams_room 500',
        'earwitness_windows_waiting 2',
      ]),
    )
  })
})
