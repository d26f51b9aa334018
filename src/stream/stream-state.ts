import type { EntryPoint } from '../audio/decoder.ts'
import type { JudgeState } from './channel-judge.ts'
import type { TrackState } from './track-state.ts'

/** How far a stream's channels have come. */
export interface ChannelsState {
  /** Where its audio has to be heard again from. */
  readonly entry: EntryPoint
  /** Samples a channel, at the input's rate, that have been gone through. */
  readonly samples: number
  /** Those that have been decoded: as many, or up to a message more. */
  readonly decoded: number
  /** Seconds that have been gone through. */
  readonly seconds: number
  readonly tracks: readonly TrackState[]
}

/** Everything that a stream goes on from, but for its last seconds of audio. Plain data, of bounded size. */
export interface StreamState extends ChannelsState {
  readonly judges: readonly JudgeState[]
  /** Seconds that the audio was ahead of the clock. */
  readonly aheadSeconds: number
  /** How many `finalize` have been answered. */
  readonly finalized: number
}

export const NOTHING_HEARD: ChannelsState = {
  entry: { byte: 0, sample: 0 },
  samples: 0,
  decoded: 0,
  seconds: 0,
  tracks: [],
}
