import type { Fft } from '../dsp/fft.ts'
import { FrameCues } from '../dsp/frame-cues.ts'
import type { InconclusiveReason } from '../protocol/events.ts'
import { nthSmallest } from './nth-smallest.ts'
import { EVIDENCE_FRAMES, EVIDENCE_HOP, SpeechEvidence } from './speech-evidence.ts'

const FRAMES_PER_SECOND = 100
/** Decibels of full scale, pre-emphasised, below which there is nothing to hear. */
const SILENCE_DB = -80
/** A frame counts as speech if it is at most this far below the window's loud frames. */
const SPEECH_RANGE_DB = 30
/** The share of loud frames whose quietest one says how loud the window is. */
const LOUD_SHARE = 0.05
/** The pieces of a window, those most like speech, that decide: speech need not fill the window. */
const DECIDING_PIECES = 4
/** The log odds that they need on average: the best of many pieces of music looks more like speech than the only one. */
const LEAST_LOG_ODDS = -1.5
const LEAST_LOG_ODDS_A_PIECE = 0.1
/** The share of a window that may be missing. */
const MOST_GAP_SHARE = 0.5

export interface GateVerdict {
  readonly speechSeconds: number
  /** The part of it that no window before held. */
  readonly newSpeechSeconds: number
  /** Why the window is not to be judged; absent if it may be. */
  readonly reason?: InconclusiveReason
}

/**
 * Tells whether the last frames hold speech, and how much, from 16 kHz samples, whatever front end the model has.
 * Any chunking gives the same answers. Memory is fixed.
 */
export class SpeechGate {
  readonly #capacity: number
  readonly #leastSpeechSeconds: number
  readonly #cues: FrameCues
  readonly #evidence = new SpeechEvidence()
  readonly #levels: Float32Array
  readonly #ranked: Float32Array
  /** Log odds of the pieces, by their last frame. */
  readonly #pieces: Float64Array
  readonly #largest = new Float64Array(DECIDING_PIECES)
  #frames = 0

  /**
   * @param capacity frames that stay known
   * @param leastSpeechSeconds speech that a window needs to be judged
   */
  constructor(capacity: number, leastSpeechSeconds: number, fft: Fft) {
    this.#capacity = capacity
    this.#leastSpeechSeconds = leastSpeechSeconds
    this.#cues = new FrameCues(fft)
    this.#levels = new Float32Array(capacity)
    this.#ranked = new Float32Array(capacity)
    this.#pieces = new Float64Array(Math.ceil(capacity / EVIDENCE_HOP) + 1)
  }

  /** As new, but the next sample has this number. Eight frames later all is as if the audio before had been heard. */
  reset(at: number): void {
    this.#frames = this.#cues.reset(at)
    this.#evidence.reset(this.#frames)
  }

  push(samples: Float32Array): void {
    this.#cues.push(samples, this.#onFrame)
  }

  /**
   * Judges the gate frames from `first` up to `end` (absolute, `end` not included).
   * @param since the end of the window before: frames from there on are new
   * @param gapMs milliseconds of them that never arrived
   */
  judge(first: number, end: number, since: number, gapMs: number): GateVerdict {
    const nothing = { speechSeconds: 0, newSpeechSeconds: 0 }
    if (gapMs > MOST_GAP_SHARE * (end - first) * 10) return { ...nothing, reason: 'gap' }
    const from = Math.max(first, this.#frames - this.#capacity)
    const to = Math.min(end, this.#frames)
    const threshold = Math.max(SILENCE_DB, this.#loudLevel(from, to) - SPEECH_RANGE_DB)
    const active = this.#activeFrames(from, to, threshold)
    if (active === 0) return { ...nothing, reason: 'silence' }
    const newActive = this.#activeFrames(Math.max(from, since), to, threshold)
    const speech = { speechSeconds: active / FRAMES_PER_SECOND, newSpeechSeconds: newActive / FRAMES_PER_SECOND }
    if (speech.speechSeconds < this.#leastSpeechSeconds) return { ...speech, reason: 'too_little_speech' }
    return this.#soundsLikeSpeech(from, to) ? speech : { ...nothing, reason: 'not_speech' }
  }

  readonly #onFrame = (cues: FrameCues): void => {
    this.#levels[this.#frames % this.#capacity] = cues.level
    this.#frames += 1
    const logOdds = this.#evidence.push(cues)
    if (logOdds !== undefined) this.#pieces[this.#slotOfPiece(this.#frames)] = logOdds
  }

  #slotOfPiece(end: number): number {
    return (end / EVIDENCE_HOP) % this.#pieces.length
  }

  /** By the pieces that lie within the frames. Too short for one: nothing speaks against it. */
  #soundsLikeSpeech(from: number, to: number): boolean {
    const firstEnd = Math.ceil((from + EVIDENCE_FRAMES) / EVIDENCE_HOP) * EVIDENCE_HOP
    if (firstEnd > to) return true
    this.#largest.fill(Number.NEGATIVE_INFINITY)
    let telling = 0
    for (let end = firstEnd; end <= to; end += EVIDENCE_HOP) {
      const logOdds = this.#pieces[this.#slotOfPiece(end)]!
      if (logOdds === Number.NEGATIVE_INFINITY) continue
      telling += 1
      this.#keepIfLarge(logOdds)
    }
    const deciding = Math.min(telling, DECIDING_PIECES)
    let sum = 0
    for (let rank = 0; rank < deciding; rank += 1) sum += this.#largest[rank]!
    return deciding > 0 && sum / deciding > LEAST_LOG_ODDS + LEAST_LOG_ODDS_A_PIECE * (telling - 1)
  }

  #keepIfLarge(logOdds: number): void {
    let rank = DECIDING_PIECES - 1
    if (logOdds <= this.#largest[rank]!) return
    for (; rank > 0 && this.#largest[rank - 1]! < logOdds; rank -= 1) this.#largest[rank] = this.#largest[rank - 1]!
    this.#largest[rank] = logOdds
  }

  #loudLevel(from: number, to: number): number {
    const levels = this.#ranked.subarray(0, Math.max(0, to - from))
    for (let frame = from; frame < to; frame += 1) levels[frame - from] = this.#levels[frame % this.#capacity]!
    return nthSmallest(levels, Math.floor(levels.length * (1 - LOUD_SHARE))) ?? Number.NEGATIVE_INFINITY
  }

  #activeFrames(from: number, to: number, threshold: number): number {
    let active = 0
    for (let frame = from; frame < to; frame += 1) if (this.#levels[frame % this.#capacity]! > threshold) active += 1
    return active
  }
}
