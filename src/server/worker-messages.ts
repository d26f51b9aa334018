import type { MetricObjectWithValues, MetricValue } from 'prom-client'

/** A process's own metrics, as prom-client adds them up. */
export type MetricsReport = readonly MetricObjectWithValues<MetricValue<string>>[]

/** What the first process tells one that it started. */
export type ToWorker =
  /** The answer to `begun`. */
  | { readonly kind: 'start'; readonly port: number; readonly workers: number; readonly tokenSecret: string }
  /** It wants the worker's own metrics. */
  | { readonly kind: 'report'; readonly request: number }
  /** The answer to `metrics`. */
  | { readonly kind: 'metrics'; readonly request: number; readonly text: string }

export type FromWorker =
  /** It can be told things: what comes sooner is lost. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'listening' }
  | { readonly kind: 'report'; readonly request: number; readonly report: MetricsReport }
  /** It wants the metrics of all workers together. */
  | { readonly kind: 'metrics'; readonly request: number }
