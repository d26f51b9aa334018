import { type MelFilterbank, type MelFilterOptions, packFilters } from './mel-filters.ts'

const { fround } = Math

/** HTK: mel = 2595 · log₁₀(1 + f / 700) */
const melOf = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700)
const hertzOf = (mel: number): number => fround(700 * fround(fround(10 ** fround(mel / 2595)) - 1))

/**
 * HTK filters without area normalisation, as torchaudio's `melscale_fbanks(norm=None, mel_scale="htk")`: the corners
 * are evenly spaced in mel; a weight is the lower of the two slopes through its neighbours' corners. Every step is
 * rounded to float32 as torchaudio rounds it: the narrow low filters show the difference.
 */
export function melFilterbank(options: MelFilterOptions): MelFilterbank {
  const { bins, fftSize, sampleRate, lowHz, highHz } = options
  const corners = cornersInHertz(bins + 2, melOf(lowHz), melOf(highHz))
  return packFilters(bins, fftSize / 2 + 1, (filter, bin) => {
    const [left, centre, right] = [corners[filter]!, corners[filter + 1]!, corners[filter + 2]!]
    const hertz = fround((bin * sampleRate) / fftSize)
    const rising = fround(fround(hertz - left) / fround(centre - left))
    const falling = fround(fround(right - hertz) / fround(right - centre))
    return Math.min(rising, falling)
  })
}

/** `count` corners, evenly spaced in mel; counted from the nearer end, as torch.linspace counts. */
function cornersInHertz(count: number, low: number, high: number): Float32Array {
  const step = fround((fround(high) - fround(low)) / (count - 1))
  return Float32Array.from({ length: count }, (_, index) =>
    hertzOf(index < count / 2 ? fround(low + step * index) : fround(high - step * (count - 1 - index))),
  )
}
