import type { ModelManifest, Provider } from './model-manifest.ts'

/** Frames of one window, oldest first. */
export interface WindowSource {
  /** Copies at most the last 1024 frames to `target` from `offset` on and zeros after them. Returns how many there were. */
  copyLast(target: Float32Array, offset: number): number
}

export type WindowOutcome =
  | { readonly kind: 'scored'; readonly fakeLogit: number }
  /** A newer window of the same channel took its place before the model was free. */
  | { readonly kind: 'superseded' }

/** Whatever turns windows into fake logits. */
export interface Scorer {
  readonly manifest: ModelManifest
  readonly provider: Provider
  /**
   * Scores the window as it is now: its frames are copied before this returns. At most one window of a channel
   * waits; a newer one replaces it. Outcomes of one channel come in the order of its windows.
   * @param channel any object that stands for one channel of one stream
   * @throws EarwitnessError `inference_failed`, `inference_timeout`
   */
  score(channel: object, window: WindowSource): Promise<WindowOutcome>
  close(): Promise<void>
}
