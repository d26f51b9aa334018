import type { Fft } from './fft.ts'
import type { FrontEnd } from './front-end.ts'
import { KaldiFbank, type KaldiFbankSpec } from './kaldi-fbank.ts'
import { TorchaudioMel, type TorchaudioMelSpec } from './torchaudio-mel.ts'

/** A front end with all its parameters, as a model's manifest gives it. */
export type FrontEndSpec = TorchaudioMelSpec | KaldiFbankSpec

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

/** The recipe of AST and of Hugging Face's `ASTFeatureExtractor`, with AudioSet's statistics. */
export const KALDI_FBANK: KaldiFbankSpec = {
  kind: 'kaldi-fbank',
  melBins: 128,
  lowHz: 20,
  highHz: 8000,
  preemphasis: 0.97,
  floor: 2 ** -23,
  mean: -4.2677393,
  std: 4.5689974,
}

export function createFrontEnd(spec: FrontEndSpec, fft: Fft): FrontEnd {
  switch (spec.kind) {
    case 'torchaudio-mel':
      return new TorchaudioMel(spec, fft)
    case 'kaldi-fbank':
      return new KaldiFbank(spec, fft)
  }
}

/** What the recipe puts in the place of frames that a short window lacks: a zero, before or after its normalisation. */
export function paddingValue(spec: FrontEndSpec): number {
  switch (spec.kind) {
    case 'torchaudio-mel':
      return 0
    case 'kaldi-fbank':
      return (0 - spec.mean) / (2 * spec.std)
  }
}
