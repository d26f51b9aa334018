const LOWPASS_WIDTH = 6
const ROLLOFF = 0.99
const MOST_KERNELS = 8

/** One filter a phase: output j of a block of `up` starts at input `first[j]` of its block, and has `taps` weights. */
export interface ResamplingKernel {
  readonly down: number
  readonly up: number
  readonly taps: number
  readonly first: Int32Array
  readonly weights: Float32Array
}

const kernels = new Map<string, ResamplingKernel>()

/** The kernel between two rates. The last few are kept for all streams: an odd rate has 16,000 phases. */
export function resamplingKernel(from: number, to: number): ResamplingKernel {
  const key = `${from}:${to}`
  const kernel = kernels.get(key) ?? makeKernel(from, to)
  kernels.delete(key)
  kernels.set(key, kernel)
  if (kernels.size > MOST_KERNELS) kernels.delete(kernels.keys().next().value!)
  return kernel
}

/** Input samples on each side of an output that it is made of, at most; 0 between equal rates. */
export function resamplingReach(from: number, to: number): number {
  return from === to ? 0 : resamplingKernel(from, to).taps
}

/**
 * torchaudio's `Resample(sinc_interp_hann, lowpass_filter_width=6, rolloff=0.99)`: with both rates divided by their
 * greatest common divisor and base = min(down, up) · rolloff, the weight of input k for phase j is
 * sinc(πt) · cos²(πt / 12) · base / down, where t = (k / down − j / up) · base, and 0 beyond |t| = 6.
 */
function makeKernel(from: number, to: number): ResamplingKernel {
  const divisor = greatestCommonDivisor(from, to)
  const [down, up] = [from / divisor, to / divisor]
  const base = Math.min(down, up) * ROLLOFF
  const reach = (LOWPASS_WIDTH * down) / base
  const taps = 2 * Math.ceil(reach) + 1
  const first = new Int32Array(up)
  const weights = new Float32Array(up * taps)
  for (let phase = 0; phase < up; phase += 1) {
    const centre = (phase * down) / up
    first[phase] = Math.ceil(centre - reach)
    // torchaudio rounds this one quotient to float32, and the rest not at all.
    const offset = Math.fround(phase / up)
    for (let tap = 0; tap < taps; tap += 1) {
      const t = ((first[phase]! + tap) / down - offset) * base
      if (Math.abs(t) < LOWPASS_WIDTH) weights[phase * taps + tap] = weightAt(t) * (base / down)
    }
  }
  return { down, up, taps, first, weights }
}

function weightAt(t: number): number {
  const window = Math.cos((t * Math.PI) / LOWPASS_WIDTH / 2) ** 2
  return window * (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t))
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
