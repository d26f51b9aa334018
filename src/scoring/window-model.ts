import type { ScoredWindow, WindowSource } from './scorer.ts'

/** A window that waits for the model. Its frames stay at their source until then, and need no memory here. */
export interface WaitingWindow {
  readonly channel: object
  readonly source: WindowSource
  /** The frame behind its last. */
  readonly end: number
  readonly wantsEvidence: boolean
}

/** How a model takes windows. */
export interface WindowModel {
  /**
   * Scores windows together, at most one of each channel, one call after another.
   * @returns what was found of each, in order; undefined where its source had forgotten the frames
   */
  score(windows: readonly WaitingWindow[]): Promise<readonly (ScoredWindow | undefined)[]>
}
