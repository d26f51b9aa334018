import type { Fft } from '../dsp/fft.ts'
import { FrameRing } from '../dsp/frame-ring.ts'
import type { FrontEnd } from '../dsp/front-end.ts'
import { createFrontEnd } from '../dsp/front-ends.ts'
import { Resampler } from '../dsp/resampler.ts'
import type { Scorer } from '../scoring/scorer.ts'
import { windowStart } from '../scoring/window-start.ts'
import { ClippingWatch } from './clipping-watch.ts'
import { GapLog } from './gap-log.ts'
import type { Pause } from './pause-meter.ts'
import { type Settled, settle } from './settled.ts'
import { type GateVerdict, SpeechGate } from './speech-gate.ts'
import type { Resumption, TrackState } from './track-state.ts'

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
  /** Until all that was heard before has been heard again. */
  #resumption: Resumption | undefined

  constructor(options: ChannelTrackOptions, onDue: (window: DueWindow) => void, resumption?: Resumption) {
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
    if (resumption !== undefined) this.#resume(resumption)
  }

  /** Hertz of what is pushed. */
  get sampleRate(): number {
    return this.#options.sampleRate
  }

  /** Samples so far, at the input's rate. */
  get inputSamples(): number {
    return this.#inputSamples
  }

  /** True while what was heard before an interruption is heard again. */
  get isCatchingUp(): boolean {
    return this.#resumption !== undefined
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
    const [again, rest] = this.#parted(samples)
    if (again !== undefined) {
      this.#hear(again)
      this.#endResumption()
    }
    if (rest === undefined) return false
    this.#hear(rest)
    return this.#clipping.push(rest)
  }

  /** Silence in the place of samples that were lost. Time goes on; what it covers is not taken for speech heard. */
  pushGap(silence: Float32Array): void {
    for (const part of this.#parted(silence)) {
      if (part === undefined) continue
      const start = this.#inputSamples
      const milliseconds = (part.length / this.#options.sampleRate) * 1000
      // Noted before it is pushed: a window that comes due inside of it holds a part of it.
      this.#gaps.add(this.#atModelRate(start), this.#atModelRate(start + part.length), milliseconds)
      this.push(part)
    }
  }

  /** The sender fell silent; no samples stand for it. */
  notePause({ milliseconds, afterSeconds }: Pause): void {
    this.#gaps.addPause(Math.round(afterSeconds * MODEL_RATE), milliseconds)
  }

  /** Makes a window of what is there, unless nothing came since the last one. */
  windowNow(): void {
    if (this.#ring.count > this.#lastDue) this.#due()
  }

  save(): TrackState {
    return {
      frames: this.#ring.count,
      nextDue: this.#nextDue,
      lastDue: this.#lastDue,
      windows: this.#windows,
      speechSeconds: this.#speechSeconds,
      clipping: this.#clipping.save(),
      gaps: this.#gaps.save(),
    }
  }

  /** The end of the audio: the tail's frames as the offline recipe makes them, then one window, the last. */
  flush(): void {
    this.#ended = true
    this.#resampler.flush(this.#onModelSamples)
    this.#frontEnd.flush(this.#onFrame)
    this.windowNow()
  }

  #resume(resumption: Resumption): void {
    const { from, state } = resumption
    if (from > 0) {
      this.#inputSamples = from
      this.#modelSamples = this.#resampler.reset(from)
      this.#gate.reset(this.#modelSamples)
      this.#ring.restart(this.#frontEnd.reset(this.#modelSamples))
    }
    this.#nextDue = state.nextDue
    this.#lastDue = state.lastDue
    this.#windows = state.windows
    this.#speechSeconds = state.speechSeconds
    this.#gaps.restorePauses(state.gaps)
    this.#resumption = resumption
    this.#endResumption()
  }

  /** What is heard again of the samples, and what is new. */
  #parted(samples: Float32Array): [Float32Array | undefined, Float32Array | undefined] {
    if (this.#resumption === undefined) return [undefined, samples]
    const left = this.#resumption.until - this.#inputSamples
    return samples.length <= left ? [samples, undefined] : [samples.subarray(0, left), samples.subarray(left)]
  }

  /** What was counted of the audio that is heard again counts once. */
  #endResumption(): void {
    if (this.#resumption === undefined || this.#inputSamples < this.#resumption.until) return
    const { clipping, gaps } = this.#resumption.state
    this.#clipping.restore(clipping)
    this.#gaps.restoreTotal(gaps)
    this.#resumption = undefined
  }

  #hear(samples: Float32Array): void {
    this.#inputSamples += samples.length
    this.#resampler.push(samples, this.#onModelSamples)
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
