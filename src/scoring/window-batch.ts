import type { ScoredWindow, WantedOfWindow, WindowSource } from './scorer.ts'

/** Windows that wait for the model together, and go through it together. */
export interface WindowBatch {
  /** Takes in the window that ends with the source's newest frame, at a place of its own or of one that it replaces. */
  put(place: number, channel: object, window: WindowSource, wanted?: WantedOfWindow): void
  /** What was found of each place, in order; undefined where the source had forgotten the frames. */
  run(): Promise<readonly (ScoredWindow | undefined)[]>
}

/** How a model takes windows. */
export interface WindowModel {
  openBatch(): WindowBatch
}
