import type { ModelManifest, Provider } from './model-manifest.ts'

/** The newest frames of a channel under absolute numbers, the first frame of its audio being 0. */
export interface WindowSource {
  /** Frames so far. */
  readonly count: number
  /** The oldest frame held. What is held includes the window that ends at `count`, and does until some time later. */
  readonly oldest: number
  /** Copies the frames from `first` up to `end` (not included) to `target` from `offset` on. */
  copy(first: number, end: number, target: Float32Array, offset: number): void
}

/** What the stretches of a window add to its fake logit, in logits: their sum is the fake logit. */
export interface Evidence {
  /** The frame in the middle of the first stretch, counted as the source counts. */
  readonly firstFrame: number
  /** Frames from one stretch to the next. */
  readonly strideFrames: number
  readonly fakeEvidence: Float32Array
}

export interface ScoredWindow {
  readonly fakeLogit: number
  /** Where it was asked for, and the model can say it. */
  readonly evidence?: Evidence
}

export type WindowOutcome =
  | ({ readonly kind: 'scored' } & ScoredWindow)
  /** The model was not free before a newer window of the same channel came, or before the source forgot this one. */
  | { readonly kind: 'superseded' }

export interface WantedOfWindow {
  readonly evidence?: boolean
  /** Audio waits for this score: nothing is to be waited for but the model. */
  readonly atOnce?: boolean
}

/** Whatever turns windows into fake logits. */
export interface Scorer {
  readonly manifest: ModelManifest
  readonly provider: Provider
  /**
   * Scores the window that ends with the source's newest frame, whatever it gets after this call. At most one window of
   * a channel waits; a newer one replaces it. Outcomes of one channel come in the order of its windows.
   * @param channel any object that stands for one channel of one stream, and so for one source
   * @throws EarwitnessError `inference_failed`, `inference_timeout`
   */
  score(channel: object, window: WindowSource, wanted?: WantedOfWindow): Promise<WindowOutcome>
  close(): Promise<void>
}
