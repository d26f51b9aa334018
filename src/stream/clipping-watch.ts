/** Where a sample counts as standing at full scale. */
const FULL_SCALE = 0.999
/** The share of a second's samples at full scale that makes a warning. */
const WARNING_SHARE = 0.001

/** What a watch goes on from. */
export interface ClippingState {
  readonly seen: number
  readonly clipped: number
  readonly warned: boolean
}

/** Watches one channel for samples at full scale, a second of samples at a time. Warns once until a clean second came. */
export class ClippingWatch {
  readonly #secondSamples: number
  #seen = 0
  #clipped = 0
  #warned = false

  constructor(sampleRate: number) {
    this.#secondSamples = sampleRate
  }

  /** True if a second just ended with too many clipped samples, for the first time in a row. */
  push(samples: Float32Array): boolean {
    let warn = false
    for (let at = 0; at < samples.length; ) {
      const end = Math.min(samples.length, at + this.#secondSamples - this.#seen)
      this.#clipped += clippedIn(samples, at, end)
      this.#seen += end - at
      at = end
      if (this.#seen === this.#secondSamples) warn = this.#endSecond() || warn
    }
    return warn
  }

  save(): ClippingState {
    return { seen: this.#seen, clipped: this.#clipped, warned: this.#warned }
  }

  restore({ seen, clipped, warned }: ClippingState): void {
    this.#seen = seen
    this.#clipped = clipped
    this.#warned = warned
  }

  #endSecond(): boolean {
    const clips = this.#clipped > WARNING_SHARE * this.#secondSamples
    const warn = clips && !this.#warned
    this.#warned = clips
    this.#seen = 0
    this.#clipped = 0
    return warn
  }
}

function clippedIn(samples: Float32Array, from: number, end: number): number {
  let clipped = 0
  for (let at = from; at < end; at += 1) if (Math.abs(samples[at]!) >= FULL_SCALE) clipped += 1
  return clipped
}
