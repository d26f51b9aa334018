import { describe, expect, it } from 'vitest'
import { KALDI_FBANK } from '../../src/dsp/front-ends.ts'
import type { ModelManifest } from '../../src/scoring/model-manifest.ts'
import { padWindow } from '../../src/scoring/window-padding.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'
import { kaldiManifest } from '../fixtures/kaldi-manifest.ts'

/** A window of five frames of which two hold audio: all ones, then all twos; old values stand behind them. */
function padded(manifest: ModelManifest, frames = 2): Float32Array {
  const window = new Float32Array(5 * 128).fill(9)
  window.fill(1, 0, 128).fill(2, 128, 256)
  padWindow(window, frames, manifest)
  return window.filter((_, at) => at % 128 === 0 || at % 128 === 127)
}
const padding = (manifest: ModelManifest, kind: ModelManifest['input']['padding']): ModelManifest => ({
  ...manifest,
  input: { ...manifest.input, padding: kind },
})

describe('the padding of a short window', () => {
  it('is zero where the recipe appends zeros after its normalisation', () => {
    expect([...padded(padding(defaultManifest, 'zero'))]).toEqual([1, 1, 2, 2, 0, 0, 0, 0, 0, 0])
  })

  it('is a normalised zero where the recipe appends zeros before', () => {
    const zero = Math.fround(-KALDI_FBANK.mean / (2 * KALDI_FBANK.std))
    expect([...padded(kaldiManifest)]).toEqual([1, 1, 2, 2, zero, zero, zero, zero, zero, zero])
  })

  it('repeats the frames that are there, the last time as far as there is room', () => {
    expect([...padded(padding(kaldiManifest, 'repeat'))]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 1, 1])
  })

  it('leaves a full window as it is', () => {
    expect([...padded(kaldiManifest, 5)]).toEqual([1, 1, 2, 2, 9, 9, 9, 9, 9, 9])
  })
})
