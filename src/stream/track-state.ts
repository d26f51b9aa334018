import { resamplingReach } from '../dsp/resampling-kernel.ts'
import type { ModelManifest } from '../scoring/model-manifest.ts'
import { windowStart } from '../scoring/window-start.ts'
import type { ClippingState } from './clipping-watch.ts'
import type { GapState } from './gap-log.ts'

const MODEL_RATE = 16_000
/** Frames before a window that its gate hears first, so that it hears the window as if it had heard everything. */
const WARM_UP_FRAMES = 8

/** What a channel goes on from, where its last audio is heard again. Positions in frames. */
export interface TrackState {
  readonly frames: number
  readonly nextDue: number
  readonly lastDue: number
  readonly windows: number
  readonly speechSeconds: number
  readonly clipping: ClippingState
  readonly gaps: GapState
}

/** Where a channel was interrupted. */
export interface Resumption {
  /** The first sample that is heard again, at the input's rate. */
  readonly from: number
  /** Samples that had been gone through: up to here nothing new is to be told. */
  readonly until: number
  readonly state: TrackState
}

/** The first input sample that every window after this state needs, at the input's rate; 0: the audio from its beginning. */
export function firstSampleNeeded({ frames }: TrackState, sampleRate: number, manifest: ModelManifest): number {
  const first = (windowStart(frames, manifest) - WARM_UP_FRAMES) * manifest.frontend.hopSamples
  const input = Math.floor((first * sampleRate) / MODEL_RATE) - resamplingReach(sampleRate, MODEL_RATE)
  return first < 0 || input < sampleRate / 10 ? 0 : input
}
