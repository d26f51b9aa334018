import { loadFft } from '../dsp/fft.ts'
import { createFrontEnd, KALDI_FBANK, TORCHAUDIO_MEL } from '../dsp/front-ends.ts'
import { monoSamples } from './mono-samples.ts'

/** The recipes that a command can ask for by name. */
export const FRONT_ENDS = { 'torchaudio-mel': TORCHAUDIO_MEL, 'kaldi-fbank': KALDI_FBANK } as const

export type FrontEndName = keyof typeof FRONT_ENDS

/** Row-major float32 [frames, bins]. */
export interface MelFrames {
  readonly values: Float32Array
  readonly frames: number
  readonly bins: number
}

/** All frames of a file or `-`, channels mixed to their mean. @throws EarwitnessError `unsupported_audio`, `bad_audio` */
export async function melFrames(source: string, name: FrontEndName): Promise<MelFrames> {
  const frontEnd = createFrontEnd(FRONT_ENDS[name], await loadFft())
  const rows: Float32Array[] = []
  const keep = (frame: Float32Array): void => void rows.push(frame.slice())
  await monoSamples(source, (samples) => frontEnd.push(samples, keep))
  frontEnd.flush(keep)
  const { bins } = frontEnd
  const values = new Float32Array(rows.length * bins)
  for (const [index, row] of rows.entries()) values.set(row, index * bins)
  return { values, frames: rows.length, bins }
}
