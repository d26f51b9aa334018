import { describe, expect, it } from 'vitest'
import { loadFft } from '../../src/dsp/fft.ts'
import { createFrontEnd, KALDI_FBANK, TORCHAUDIO_MEL } from '../../src/dsp/front-ends.ts'
import { COLOUR_RANGES, paintFrame } from '../../src/dsp/mel-colours.ts'
import { framesOf } from '../fixtures/arrays.ts'
import { realSpeech } from '../fixtures/recordings.ts'

const fft = await loadFft()
const speech = Float32Array.from(new Int16Array(realSpeech.slice().buffer), (value) => value / 32_768)

describe('the colours of mel frames', () => {
  it.each([TORCHAUDIO_MEL, KALDI_FBANK])('run from dark to bright over speech, whatever the recipe: $kind', (spec) => {
    const frames = framesOf(createFrontEnd(spec, fft), [speech])
    const rgba = new Uint8Array(frames.length * 4)
    paintFrame(frames, rgba, COLOUR_RANGES[spec.kind])
    const greens = rgba.filter((_, at) => at % 4 === 1).sort()
    expect(greens[Math.floor(greens.length * 0.02)]).toBeLessThan(30)
    expect(greens[Math.floor(greens.length * 0.98)]).toBeGreaterThan(150)
  })
})
