import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ErrorCode } from '../protocol/errors.ts'
import type { ServerEvent } from '../protocol/events.ts'
import type { BatchCount } from '../scoring/batcher.ts'
import type { MetricsReport } from './worker-messages.ts'

/** What the open streams ask of the threads, 1 being all of one; and how many streams there is room for in all. */
export interface LoadFigures {
  readonly model: number
  readonly eventLoop: number
  readonly room: number
}

/** What is asked for when somebody looks. */
export interface LiveFigures {
  /** Windows that wait for the model. */
  waiting(): number
  /** Inference workers that were replaced. */
  restarts(): number
  batches(): BatchCount
  load(): LoadFigures
}

/** What an operator watches, in Prometheus' names and base units. No label holds a stream. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #streams = new Gauge({
    name: 'earwitness_streams',
    help: 'Streams that are open.',
    registers: [this.#registry],
  })
  readonly #closes = new Counter({
    name: 'earwitness_streams_closed_total',
    help: 'Streams that ended, by close code.',
    labelNames: ['code'],
    registers: [this.#registry],
  })
  readonly #refusals = new Counter({
    name: 'earwitness_refusals_total',
    help: 'Streams and requests that were answered with an error instead, by its code.',
    labelNames: ['code'],
    registers: [this.#registry],
  })
  readonly #bytes = new Counter({
    name: 'earwitness_audio_bytes_total',
    help: 'Bytes of audio received.',
    registers: [this.#registry],
  })
  readonly #seconds = new Counter({
    name: 'earwitness_audio_seconds_total',
    help: 'Audio that came up to the windows judged, all channels.',
    registers: [this.#registry],
  })
  readonly #eventBytes = new Counter({
    name: 'earwitness_event_bytes_total',
    help: 'Bytes of events sent.',
    registers: [this.#registry],
  })
  readonly #windows = new Counter({
    name: 'earwitness_windows_total',
    help: 'Windows that came due, by what became of them.',
    labelNames: ['result'],
    registers: [this.#registry],
  })
  readonly #alerts = new Counter({
    name: 'earwitness_alerts_total',
    help: 'Alerts raised.',
    registers: [this.#registry],
  })
  readonly #latency = new Histogram({
    name: 'earwitness_event_latency_seconds',
    help: "From the arrival of a window's last sample to its event.",
    buckets: [0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 2, 5],
    registers: [this.#registry],
  })

  readonly #ofAll: (() => Promise<string>) | undefined

  /** @param ofAll what to tell instead of this process's own, where several stand behind one port */
  constructor(live: LiveFigures, ofAll?: () => Promise<string>) {
    this.#ofAll = ofAll
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    new Gauge({
      name: 'earwitness_windows_waiting',
      help: 'Windows that wait for the model.',
      registers,
      collect() {
        this.set(live.waiting())
      },
    })
    new Gauge({
      name: 'earwitness_load_ratio',
      help: 'The part of a thread that the open streams ask for, by what a stream was measured to cost.',
      labelNames: ['thread'],
      // Of several processes the fullest: parts of their threads make no part of one.
      aggregator: 'max',
      registers,
      collect() {
        const { model, eventLoop } = live.load()
        this.set({ thread: 'model' }, model)
        this.set({ thread: 'event_loop' }, eventLoop)
      },
    })
    new Gauge({
      name: 'earwitness_streams_room',
      help: 'Streams (mono, 0.5 s hop) that may be open at once with the default model; 0 until it is measured.',
      registers,
      collect() {
        this.set(live.load().room)
      },
    })
    this.#count('earwitness_worker_restarts_total', 'Inference workers that were replaced.', () => live.restarts())
    this.#count('earwitness_batches_total', 'Batches that the model was given.', () => live.batches().batches)
    this.#count('earwitness_batch_windows_total', 'Windows in them.', () => live.batches().windows)
  }

  /** A count that is kept elsewhere. */
  #count(name: string, help: string, value: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  }

  refused(code: ErrorCode): void {
    this.#refusals.inc({ code })
  }

  streamOpened(): void {
    this.#streams.inc()
  }

  streamClosed(code: number): void {
    this.#streams.dec()
    this.#closes.inc({ code })
  }

  audioReceived(bytes: number): void {
    this.#bytes.inc(bytes)
  }

  audioJudged(seconds: number): void {
    this.#seconds.inc(seconds)
  }

  eventSent(bytes: number): void {
    this.#eventBytes.inc(bytes)
  }

  happened(event: ServerEvent): void {
    if (event.type === 'alert' && event.state === 'raised') this.#alerts.inc()
    if (event.type === 'error' && event.start !== undefined) this.#windows.inc({ result: 'failed' })
    if (event.type !== 'score') return
    this.#windows.inc({ result: event.verdict === 'inconclusive' ? 'inconclusive' : 'scored' })
    this.#windows.inc({ result: 'skipped' }, event.skipped)
    this.#latency.observe(event.latencyMs / 1000)
  }

  /** Prometheus' text format, and its content type. */
  async text(): Promise<{ body: string; contentType: string }> {
    const body = await (this.#ofAll?.() ?? this.#registry.metrics())
    return { body, contentType: this.#registry.contentType }
  }

  /** This process's own. */
  report(): Promise<MetricsReport> {
    return this.#registry.getMetricsAsJSON()
  }
}
