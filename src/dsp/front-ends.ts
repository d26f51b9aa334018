import type { Fft } from './fft.ts'
import type { FrontEnd } from './front-end.ts'
import { TorchaudioMel, type TorchaudioMelSpec } from './torchaudio-mel.ts'

/** A front end with all its parameters, as a model's manifest gives it. */
export type FrontEndSpec = TorchaudioMelSpec

/** The recipe of the seed model: decibels normalised by the AudioSet statistics of AST, as that model was trained. */
export const TORCHAUDIO_MEL: TorchaudioMelSpec = {
  kind: 'torchaudio-mel',
  melBins: 128,
  lowHz: 0,
  highHz: 8000,
  floor: 1e-10,
  offset: 4.26,
  scale: 9.14,
}

export function createFrontEnd(spec: FrontEndSpec, fft: Fft): FrontEnd {
  switch (spec.kind) {
    case 'torchaudio-mel':
      return new TorchaudioMel(spec, fft)
  }
}
