import type { ModelManifest } from '../scoring/model-manifest.ts'

/** Beyond this a logit says no more than it: 1 − 4.5e-5. It keeps one extreme window from holding the smoothed value. */
export const MOST_LOGIT = 10

export function calibrated(fakeLogit: number, calibration: ModelManifest['calibration']): number {
  const logit = calibration.scale * fakeLogit + calibration.bias
  return Math.min(MOST_LOGIT, Math.max(-MOST_LOGIT, logit))
}

/** What a smoothing goes on from. */
export interface SmoothingState {
  readonly value: number | null
  readonly at: number
}

/**
 * Exponential smoothing by half-life in seconds of audio, so that the hop does not change its meaning:
 * after `halfLife` seconds an old value weighs half.
 */
export class Smoothing {
  readonly #halfLife: number
  #value: number | undefined
  #at = 0

  constructor(halfLife: number) {
    this.#halfLife = halfLife
  }

  get value(): number | undefined {
    return this.#value
  }

  save(): SmoothingState {
    return { value: this.#value ?? null, at: this.#at }
  }

  restore({ value, at }: SmoothingState): void {
    this.#value = value ?? undefined
    this.#at = at
  }

  /** Takes the logit of the window that ended at `seconds`; returns the smoothed one. */
  push(logit: number, seconds: number): number {
    const keep = this.#halfLife === 0 ? 0 : 2 ** (-(seconds - this.#at) / this.#halfLife)
    this.#value = this.#value === undefined ? logit : logit + keep * (this.#value - logit)
    this.#at = seconds
    return this.#value
  }
}
