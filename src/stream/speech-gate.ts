import type { InconclusiveReason } from '../protocol/events.ts'

/** Samples of one gate frame: 10 ms at 16 kHz, as a mel frame's hop. */
const FRAME = 160
const FRAMES_PER_SECOND = 100
/** Decibels of full scale, pre-emphasised, below which there is nothing to hear. */
const SILENCE_DB = -70
/** A frame counts as speech if it is at most this far below the window's loud frames. */
const SPEECH_RANGE_DB = 30
/** The share of loud frames whose quietest one says how loud the window is. */
const LOUD_SHARE = 0.05
/**
 * The standard deviation of the zero-crossing rate over a window's active frames, below which it is no speech:
 * voiced and unvoiced sounds take turns in speech (0.05 to 0.3), and hardly in music, tones and noise (below 0.05).
 */
const LEAST_CROSSING_SPREAD = 0.05
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
 * Tells how much speech the last frames hold, from 16 kHz samples: level and zero crossings, every 10 ms.
 * Any chunking gives the same answers. Memory is fixed.
 */
export class SpeechGate {
  readonly #capacity: number
  readonly #leastSpeechSeconds: number
  readonly #levels: Float32Array
  readonly #crossings: Float32Array
  readonly #sorted: Float32Array
  #frames = 0
  #filled = 0
  #energy = 0
  #changes = 0
  #previous = 0

  /**
   * @param capacity frames that stay known
   * @param leastSpeechSeconds speech that a window needs to be judged
   */
  constructor(capacity: number, leastSpeechSeconds: number) {
    this.#capacity = capacity
    this.#leastSpeechSeconds = leastSpeechSeconds
    this.#levels = new Float32Array(capacity)
    this.#crossings = new Float32Array(capacity)
    this.#sorted = new Float32Array(capacity)
  }

  push(samples: Float32Array): void {
    for (const sample of samples) {
      const emphasised = sample - 0.97 * this.#previous
      this.#energy += emphasised * emphasised
      if (sample >= 0 !== this.#previous >= 0) this.#changes += 1
      this.#previous = sample
      this.#filled += 1
      if (this.#filled === FRAME) this.#endFrame()
    }
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
    const { active, spread } = this.#activity(from, to, threshold)
    if (active === 0) return { ...nothing, reason: 'silence' }
    if (spread < LEAST_CROSSING_SPREAD) return { ...nothing, reason: 'not_speech' }
    const speechSeconds = active / FRAMES_PER_SECOND
    const newSpeechSeconds = this.#activity(Math.max(from, since), to, threshold).active / FRAMES_PER_SECOND
    const speech = { speechSeconds, newSpeechSeconds }
    return speechSeconds < this.#leastSpeechSeconds ? { ...speech, reason: 'too_little_speech' } : speech
  }

  #endFrame(): void {
    const slot = this.#frames % this.#capacity
    this.#levels[slot] = 10 * Math.log10(this.#energy / FRAME + 1e-12)
    this.#crossings[slot] = this.#changes / FRAME
    this.#frames += 1
    this.#filled = 0
    this.#energy = 0
    this.#changes = 0
  }

  #loudLevel(from: number, to: number): number {
    const sorted = this.#sorted.subarray(0, Math.max(0, to - from))
    for (let frame = from; frame < to; frame += 1) sorted[frame - from] = this.#levels[frame % this.#capacity]!
    sorted.sort()
    return sorted[Math.floor(sorted.length * (1 - LOUD_SHARE))] ?? Number.NEGATIVE_INFINITY
  }

  /** How many frames are active, and how widely their zero-crossing rates are spread. */
  #activity(from: number, to: number, threshold: number): { active: number; spread: number } {
    let active = 0
    let sum = 0
    let squares = 0
    for (let frame = from; frame < to; frame += 1) {
      const slot = frame % this.#capacity
      if (this.#levels[slot]! <= threshold) continue
      const rate = this.#crossings[slot]!
      active += 1
      sum += rate
      squares += rate * rate
    }
    const mean = sum / Math.max(1, active)
    return { active, spread: Math.sqrt(Math.max(0, squares / Math.max(1, active) - mean * mean)) }
  }
}
