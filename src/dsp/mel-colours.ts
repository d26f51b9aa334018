import type { FrontEndSpec } from './front-ends.ts'

/** The normalised mel values that the colours run over. */
export interface ColourRange {
  readonly lowest: number
  readonly highest: number
}

/** From a silent room to a loud voice, 80 to 90 dB; each recipe has its own scale, and kaldi-fbank's floor is -1.28. */
export const COLOUR_RANGES: Readonly<Record<FrontEndSpec['kind'], ColourRange>> = {
  'torchaudio-mel': { lowest: -4.5, highest: 4.5 },
  'kaldi-fbank': { lowest: -1.28, highest: 1 },
}
/** From quiet to loud, evenly spaced; brightness rises all the way, so the picture also reads without colour. */
const STOPS = [
  [6, 7, 26],
  [46, 20, 92],
  [120, 32, 118],
  [191, 55, 92],
  [240, 112, 56],
  [251, 186, 72],
  [253, 246, 190],
] as const
const SHADES = 256
const PALETTE = palette()

/** Paints a mel frame as a column of pixels from the highest bin down: four bytes each, red, green, blue and opacity. */
export function paintFrame(
  frame: Float32Array,
  rgba: Uint8Array | Uint8ClampedArray,
  { lowest, highest }: ColourRange = COLOUR_RANGES['torchaudio-mel'],
): void {
  for (let bin = 0; bin < frame.length; bin += 1) {
    const share = (frame[bin]! - lowest) / (highest - lowest)
    const shade = Math.round(Math.min(1, Math.max(0, share)) * (SHADES - 1))
    const pixel = (frame.length - 1 - bin) * 4
    for (let part = 0; part < 4; part += 1) rgba[pixel + part] = PALETTE[shade * 4 + part]!
  }
}

function palette(): Uint8Array {
  const colours = new Uint8Array(SHADES * 4).fill(255)
  for (let shade = 0; shade < SHADES; shade += 1) {
    const at = (shade / (SHADES - 1)) * (STOPS.length - 1)
    const from = Math.min(Math.floor(at), STOPS.length - 2)
    for (let part = 0; part < 3; part += 1) {
      const [low, high] = [STOPS[from]![part]!, STOPS[from + 1]![part]!]
      colours[shade * 4 + part] = Math.round(low + (high - low) * (at - from))
    }
  }
  return colours
}
