import type { Fft } from '../dsp/fft.ts'
import { FrameRing } from '../dsp/frame-ring.ts'
import type { FrontEnd } from '../dsp/front-end.ts'
import { createFrontEnd } from '../dsp/front-ends.ts'
import { Resampler } from '../dsp/resampler.ts'
import type { Scorer } from '../scoring/scorer.ts'
import { windowStart } from '../scoring/window-start.ts'
import { ClippingWatch } from './clipping-watch.ts'
import { GapLog } from './gap-log.ts'
import { type Settled, settle } from './settled.ts'
import { type GateVerdict, SpeechGate } from './speech-gate.ts'

const MODEL_RATE = 16_000
/** The first score comes after 1 s of audio: less is unreliable. A front end that snips its edges makes fewer frames of it. */
const FIRST_WINDOW_FRAMES = 100
/** Gate frames that may be known beyond the newest mel frame: its look-ahead and one piece of input. */
const GATE_SLACK_FRAMES = 64
/** Frames kept beyond a window: a window that waits for the model is copied when the model is free. */
const WAITING_FRAMES = 128

/** A window whose time has come. Positions in samples at 16 kHz from the stream's start. */
export interface DueWindow {
  readonly channel: number
  readonly seq: number
  readonly startSample: number
  readonly endSample: number
  readonly provisional: boolean
  readonly gate: GateVerdict
  readonly gapMs: number
  /** Never rejects. */
  readonly settled: Promise<Settled>
}

export interface ChannelTrackOptions {
  readonly channel: number
  /** Hertz of the samples pushed. */
  readonly sampleRate: number
  readonly hopFrames: number
  readonly scorer: Scorer
  /** Whether its audio waits for its scores. */
  readonly offline?: boolean
  readonly fft: Fft
}

/** One channel from samples to windows: resampler, front end, frame ring, speech gate. Holds about 10 s of frames. */
export class ChannelTrack {
  readonly #options: ChannelTrackOptions
  readonly #resampler: Resampler
  readonly #frontEnd: FrontEnd
  readonly #ring: FrameRing
  readonly #gate: SpeechGate
  readonly #clipping: ClippingWatch
  readonly #gaps: GapLog
  readonly #windowFrames: number
  readonly #onDue: (window: DueWindow) => void
  #nextDue: number
  #lastDue = 0
  #windows = 0
  #speechSeconds = 0
  #inputSamples = 0
  #modelSamples = 0
  #ended = false

  constructor(options: ChannelTrackOptions, onDue: (window: DueWindow) => void) {
    const { frontend, input, decision } = options.scorer.manifest
    this.#options = options
    this.#onDue = onDue
    this.#windowFrames = input.frames
    this.#resampler = new Resampler(options.sampleRate, MODEL_RATE)
    this.#frontEnd = createFrontEnd(frontend, options.fft)
    this.#nextDue = this.#leastFrames
    this.#ring = new FrameRing(input.frames + WAITING_FRAMES, frontend.melBins)
    this.#gate = new SpeechGate(input.frames + GATE_SLACK_FRAMES, decision.leastSpeechSeconds, options.fft)
    this.#clipping = new ClippingWatch(options.sampleRate)
    this.#gaps = new GapLog((input.frames + GATE_SLACK_FRAMES) * frontend.hopSamples)
  }

  get durationSamples(): number {
    return this.#modelSamples
  }

  get gapMs(): number {
    return Math.round(this.#gaps.totalMs)
  }

  /** Speech heard in all windows so far. */
  get speechSeconds(): number {
    return this.#speechSeconds
  }

  /** At most 100 ms of samples at the input's rate. Returns true if their level clips. */
  push(samples: Float32Array): boolean {
    this.#inputSamples += samples.length
    this.#resampler.push(samples, this.#onModelSamples)
    return this.#clipping.push(samples)
  }

  /** Silence in the place of samples that were lost. Time goes on; what it covers is not taken for speech heard. */
  pushGap(silence: Float32Array): void {
    const start = this.#inputSamples
    const milliseconds = (silence.length / this.#options.sampleRate) * 1000
    // Noted before it is pushed: a window that comes due inside of it holds a part of it.
    this.#gaps.add(this.#atModelRate(start), this.#atModelRate(start + silence.length), milliseconds)
    this.push(silence)
  }

  /** The sender fell silent for this long; no samples stand for it. */
  notePause(milliseconds: number): void {
    const position = this.#atModelRate(this.#inputSamples)
    this.#gaps.add(position, position, milliseconds)
  }

  /** Makes a window of what is there, unless nothing came since the last one. */
  windowNow(): void {
    if (this.#ring.count > this.#lastDue) this.#due()
  }

  /** The end of the audio: the tail's frames as the offline recipe makes them, then one window, the last. */
  flush(): void {
    this.#ended = true
    this.#resampler.flush(this.#onModelSamples)
    this.#frontEnd.flush(this.#onFrame)
    this.windowNow()
  }

  readonly #onModelSamples = (samples: Float32Array): void => {
    this.#modelSamples += samples.length
    this.#gate.push(samples)
    this.#frontEnd.push(samples, this.#onFrame)
  }

  readonly #onFrame = (frame: Float32Array): void => {
    this.#ring.push(frame)
    if (this.#ended || this.#ring.count < this.#nextDue) return
    this.#nextDue += this.#options.hopFrames
    this.#due()
  }

  get #leastFrames(): number {
    const inFirstSecond = Math.min(FIRST_WINDOW_FRAMES, this.#frontEnd.framesIn(MODEL_RATE))
    return Math.max(inFirstSecond, this.#options.scorer.manifest.input.leastFrames)
  }

  #atModelRate(inputSamples: number): number {
    return Math.round((inputSamples * MODEL_RATE) / this.#options.sampleRate)
  }

  #due(): void {
    const end = this.#ring.count
    const { scorer, offline = false } = this.#options
    const { manifest } = scorer
    const first = windowStart(end, manifest)
    const { hopSamples } = manifest.frontend
    const startSample = first * hopSamples
    // The end of the audio ends the last window, wherever in its frame it falls.
    const endSample = this.#ended ? this.#modelSamples : end * hopSamples
    const gapMs = this.#gaps.millisecondsWithin(startSample, endSample)
    const gate = this.#judge(first, end, gapMs)
    this.#lastDue = end
    this.#onDue({
      channel: this.#options.channel,
      seq: this.#windows++,
      startSample,
      endSample,
      provisional: end < this.#windowFrames,
      gate,
      gapMs,
      settled:
        gate.reason === undefined
          ? settle(scorer.score(this, this.#ring, { evidence: true, atOnce: offline }))
          : Promise.resolve({ kind: 'inconclusive', reason: gate.reason }),
    })
  }

  #judge(first: number, end: number, gapMs: number): GateVerdict {
    const gate = this.#gate.judge(first, end, this.#lastDue, gapMs)
    this.#speechSeconds += gate.newSpeechSeconds
    return end < this.#leastFrames ? { ...gate, reason: 'too_short' } : gate
  }
}
