import { type MelFilterbank, type MelFilterOptions, packFilters } from './mel-filters.ts'

const { fround } = Math

/** Kaldi: mel = 1127 · ln(1 + f / 700) */
const melOf = (hertz: number): number => 1127 * Math.log(1 + hertz / 700)
const melOfBin = (hertz: number): number => fround(1127 * fround(Math.log(fround(1 + fround(hertz / 700)))))

/**
 * Kaldi's filters, as torchaudio's `compliance.kaldi.get_mel_banks`: corners evenly spaced in mel, and slopes that are
 * straight in mel, not in hertz. The bin at Nyquist belongs to none; the narrow low filters may hold no bin at all.
 * Every step is rounded to float32 as torchaudio rounds it.
 */
export function kaldiMelFilterbank(options: MelFilterOptions): MelFilterbank {
  const { bins, fftSize, sampleRate, lowHz, highHz } = options
  const low = melOf(lowHz)
  const step = fround((melOf(highHz) - low) / (bins + 1))
  const cornerAt = (index: number): number => fround(fround(low) + fround(index * step))
  const mels = Float32Array.from({ length: fftSize / 2 }, (_, bin) => melOfBin((bin * sampleRate) / fftSize))
  return packFilters(bins, fftSize / 2, (filter, bin) => {
    const [left, centre, right] = [cornerAt(filter), cornerAt(filter + 1), cornerAt(filter + 2)]
    const rising = fround(fround(mels[bin]! - left) / fround(centre - left))
    const falling = fround(fround(right - mels[bin]!) / fround(right - centre))
    return Math.min(rising, falling)
  })
}
