import { loadFft } from '../dsp/fft.ts'
import { createFrontEnd, paddingValue } from '../dsp/front-ends.ts'
import type { ModelManifest } from '../scoring/model-manifest.ts'

const RATE = 16_000
const HARMONICS = 12

/**
 * One full window of frames of a made sound, the same for ever: a voice-like tone that glides and pauses, over noise.
 * Nothing is shipped for it, and it goes through the model's own front end.
 */
export async function goldenFrames(
  { frontend, input }: Pick<ModelManifest, 'frontend' | 'input'>,
  seed: number,
): Promise<Float32Array> {
  const { melBins, hopSamples } = frontend
  const frames = new Float32Array(input.frames * melBins)
  frames.fill(paddingValue(frontend))
  const frontEnd = createFrontEnd(frontend, await loadFft())
  const keep = (frame: Float32Array, index: number): void => {
    if (index < input.frames) frames.set(frame, index * melBins)
  }
  frontEnd.push(madeSound(input.frames * hopSamples, seed), keep)
  frontEnd.flush(keep)
  return frames
}

function madeSound(length: number, seed: number): Float32Array {
  const noise = noiseFrom(seed)
  let phase = 0
  return Float32Array.from({ length }, (_, at) => {
    const seconds = at / RATE
    phase += (120 + 20 * seed + 40 * Math.sin(2.1 * seconds)) / RATE
    const loudness = Math.max(0, Math.sin((3 + seed) * seconds)) * 0.1
    return loudness * harmonics(phase) + 0.003 * noise()
  })
}

function harmonics(phase: number): number {
  let sum = 0
  for (let order = 1; order <= HARMONICS; order += 1) sum += Math.sin(2 * Math.PI * order * phase) / order
  return sum
}

/** −1 to 1, by a linear congruential generator: the same on every machine. */
function noiseFrom(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}
