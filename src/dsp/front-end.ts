/** Receives one frame of normalised log-mel values. `frame` is reused after the call: copy to keep. */
export type FrameSink = (frame: Float32Array, index: number) => void

/** From 16 kHz mono samples to the normalised mel frames a model was trained with. Any chunking gives the same bits. */
export interface FrontEnd {
  /** Mel values in a frame. */
  readonly bins: number
  /** Samples between the starts of two frames. */
  readonly hopSamples: number
  /** Frames that so many samples give, with a flush after them. */
  framesIn(samples: number): number
  /** @throws EarwitnessError `stage_finished` after `flush`. */
  push(samples: Float32Array, onFrame: FrameSink): void
  /** The end of the audio: emits the frames that the offline recipe makes of the tail. */
  flush(onFrame: FrameSink): void
  /** As new, but the next sample has this number in its audio, whose beginning is not heard. Returns the number of the first frame that lies wholly behind it. */
  reset(at?: number): number
}
