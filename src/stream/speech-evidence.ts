import type { FrameCues } from '../dsp/frame-cues.ts'

/** Frames that one piece of evidence is about: 0.96 s. */
export const EVIDENCE_FRAMES = 96
/** Frames from one piece to the next. */
export const EVIDENCE_HOP = 24
/** The rank, among a piece's frames, of the one that says how loud the piece is. */
const LOUD_RANK = 91
/** Decibels below it, up to which a frame is loud, and audible. */
const LOUD_DB = 15
const AUDIBLE_DB = 25
/** The share of audible frames, and the loudness of the loud ones, below which a piece tells nothing. */
const LEAST_AUDIBLE_SHARE = 0.2
const LEAST_LOUDNESS_DB = -66
/** How far from the mean a measure may pull, in deviations. */
const FARTHEST = 4

/** A measure of a piece, as found in the sounds of `bench/speech-gate/sounds.py`, and what a deviation more of it says. */
interface Weight {
  readonly mean: number
  readonly deviation: number
  readonly logOdds: number
}

/** Fitted by `bench/speech-gate/fit.py`. The order is that of `SpeechEvidence.measures`. */
const WEIGHTS: readonly Weight[] = [
  { mean: 0.3463, deviation: 0.2763, logOdds: 2.94 },
  { mean: 0.5935, deviation: 0.3207, logOdds: -1.48 },
  { mean: 1.045, deviation: 0.616, logOdds: 1.99 },
  { mean: 0.2886, deviation: 0.2311, logOdds: -2.95 },
  { mean: 4.692, deviation: 1.825, logOdds: -3.59 },
  { mean: 24.13, deviation: 12.94, logOdds: -2.08 },
  { mean: 8.186, deviation: 7.437, logOdds: 1.29 },
  { mean: 4.783, deviation: 1.901, logOdds: 2.79 },
  { mean: 5.911, deviation: 1.556, logOdds: 0.848 },
  { mean: 10.78, deviation: 8.535, logOdds: 2.46 },
]
const BIAS = 1.766

/**
 * How much the last second sounds like speech: the log odds of speech against music, tones and noise, by a logistic
 * regression on ten measures. Speech has gaps between syllables, moves between dark and bright, and its partials do
 * not stay in place. Holds 96 frames.
 */
export class SpeechEvidence {
  /** What the newest piece was judged by. */
  readonly measures = new Float64Array(10)
  readonly #loudness = new Float64Array(EVIDENCE_FRAMES)
  readonly #centroid = new Float64Array(EVIDENCE_FRAMES)
  readonly #octave = new Float64Array(EVIDENCE_FRAMES)
  readonly #flux = new Float64Array(EVIDENCE_FRAMES)
  readonly #roughness = new Float64Array(EVIDENCE_FRAMES)
  readonly #steadiness = new Float64Array(EVIDENCE_FRAMES)
  readonly #sorted = new Float64Array(EVIDENCE_FRAMES)
  #frames = 0

  /** As new, but the next frame has this number: what comes of the 95 before it says nothing. */
  reset(frame: number): void {
    this.#frames = frame
  }

  /** Returns the log odds when a piece is complete, −∞ if too little of it can be heard; undefined until then. */
  push(cues: FrameCues): number | undefined {
    const slot = this.#frames % EVIDENCE_FRAMES
    this.#loudness[slot] = cues.loudness
    this.#centroid[slot] = cues.centroid
    this.#octave[slot] = Math.log2(Math.max(1, cues.centroid))
    this.#flux[slot] = cues.flux
    this.#roughness[slot] = cues.roughness
    this.#steadiness[slot] = cues.steadiness
    this.#frames += 1
    if (this.#frames < EVIDENCE_FRAMES || this.#frames % EVIDENCE_HOP !== 0) return undefined
    return this.#measure() ? logOdds(this.measures) : Number.NEGATIVE_INFINITY
  }

  /** Returns false, and measures nothing, if too little can be heard. */
  #measure(): boolean {
    this.#sorted.set(this.#loudness)
    this.#sorted.sort()
    const loud = this.#sorted[LOUD_RANK]! - LOUD_DB
    const audible = this.#sorted[LOUD_RANK]! - AUDIBLE_DB
    if (this.#sorted[LOUD_RANK]! < LEAST_LOUDNESS_DB || this.#shareBelow(audible) > 1 - LEAST_AUDIBLE_SHARE)
      return false
    const { measures } = this
    measures[0] = this.#shareBelow(loud)
    measures[1] = this.#spread(this.#octave, audible)
    measures[2] = this.#spread(this.#roughness, audible)
    measures[3] = this.#mean(this.#steadiness, loud)
    measures[4] = this.#mean(this.#flux, loud)
    measures[5] = this.#mean(this.#centroid, audible)
    measures[6] = this.#spread(this.#centroid, loud)
    measures[7] = this.#mean(this.#flux, audible)
    measures[8] = this.#mean(this.#roughness, loud)
    measures[9] = this.#spread(this.#centroid, audible, measures[5])
    return true
  }

  #shareBelow(loudness: number): number {
    let below = 0
    for (let frame = 0; frame < EVIDENCE_FRAMES; frame += 1) if (this.#loudness[frame]! < loudness) below += 1
    return below / EVIDENCE_FRAMES
  }

  /** The mean over frames above a loudness. */
  #mean(values: Float64Array, loudness: number): number {
    let count = 0
    let sum = 0
    for (let frame = 0; frame < EVIDENCE_FRAMES; frame += 1) {
      if (this.#loudness[frame]! <= loudness) continue
      count += 1
      sum += values[frame]!
    }
    return sum / Math.max(1, count)
  }

  /** The standard deviation over frames above a loudness. */
  #spread(values: Float64Array, loudness: number, mean = this.#mean(values, loudness)): number {
    let count = 0
    let squares = 0
    for (let frame = 0; frame < EVIDENCE_FRAMES; frame += 1) {
      if (this.#loudness[frame]! <= loudness) continue
      count += 1
      squares += (values[frame]! - mean) ** 2
    }
    return Math.sqrt(squares / Math.max(1, count))
  }
}

function logOdds(measures: Float64Array): number {
  let sum = BIAS
  for (let i = 0; i < WEIGHTS.length; i += 1) {
    const { mean, deviation, logOdds } = WEIGHTS[i]!
    const deviations = Math.min(FARTHEST, Math.max(-FARTHEST, (measures[i]! - mean) / deviation))
    sum += logOdds * deviations
  }
  return sum
}
