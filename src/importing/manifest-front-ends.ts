import { KALDI_FBANK, TORCHAUDIO_MEL } from '../dsp/front-ends.ts'
import type { ModelManifest } from '../scoring/model-manifest.ts'

type Frontend = ModelManifest['frontend']

/** The recipes by name, as a manifest writes them, with the parameters of the models that they come from. */
export const MANIFEST_FRONT_ENDS = {
  'torchaudio-mel': { ...TORCHAUDIO_MEL, sampleRate: 16_000, fftSize: 2048, hopSamples: 160, melBins: 128 },
  'kaldi-fbank': {
    ...KALDI_FBANK,
    sampleRate: 16_000,
    frameSamples: 400,
    fftSize: 512,
    hopSamples: 160,
    melBins: 128,
  },
} as const satisfies Record<Frontend['kind'], Frontend>
