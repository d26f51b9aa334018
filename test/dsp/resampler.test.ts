import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadFft } from '../../src/dsp/fft.ts'
import { createFrontEnd, TORCHAUDIO_MEL } from '../../src/dsp/front-ends.ts'
import { Resampler } from '../../src/dsp/resampler.ts'
import { cutAt, differences, framesOf, golden, resampled } from '../fixtures/arrays.ts'

const RATES = [8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 15999]

describe('the resampler', () => {
  it.each(RATES)("makes torchaudio's 16 kHz samples from %i Hz", (rate) => {
    const made = resampled(new Resampler(rate, 16_000), [golden(`resample-${rate}-input`).values])
    expect(differences(made, golden(`resample-${rate}`).values).max).toBeLessThanOrEqual(2e-6)
  })

  it('makes the same bits of the same audio, however it is cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RATES), fc.array(fc.nat(8000), { maxLength: 20 }), (rate, cuts) => {
        const { values } = golden(`resample-${rate}-input`)
        const whole = resampled(new Resampler(rate, 16_000), [values])
        expect(differences(resampled(new Resampler(rate, 16_000), cutAt(values, cuts)), whole).max).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('gives ⌈N · 16000 / rate⌉ samples of N, at any rate and length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8000, max: 96_000 }), fc.nat(9000), (rate, length) => {
        const made = resampled(new Resampler(rate, 16_000), [new Float32Array(length)])
        expect(made).toHaveLength(Math.ceil((length * 16_000) / rate))
      }),
      { numRuns: 25 },
    )
  })

  it('passes audio through that has the rate already', () => {
    const { values } = golden('resample-15999-input')
    expect(differences(resampled(new Resampler(16_000, 16_000), [values]), values).max).toBe(0)
  })

  it('is as new after a reset', () => {
    const { values } = golden('resample-44100-input')
    const resampler = new Resampler(44_100, 16_000)
    const first = resampled(resampler, [values])
    resampler.reset()
    expect(differences(resampled(resampler, [values]), first).max).toBe(0)
  })

  it('refuses samples after its end', () => {
    const resampler = new Resampler(8000, 16_000)
    resampler.flush(() => {})
    expect(() => resampler.push(new Float32Array(1), () => {})).toThrow(
      expect.objectContaining({ code: 'stage_finished' }),
    )
  })

  it("makes torchaudio's frames of 44.1 kHz stereo, together with the front end", async () => {
    const { values, shape } = golden('end-to-end-input')
    const length = shape[1]!
    const mean = Float32Array.from({ length }, (_, at) => (values[at]! + values[length + at]!) / 2)
    const frontEnd = createFrontEnd(TORCHAUDIO_MEL, await loadFft())
    const frames = framesOf(frontEnd, [resampled(new Resampler(44_100, 16_000), [mean])])
    expect(differences(frames, golden('end-to-end').values).max).toBeLessThanOrEqual(1e-4)
  })
})
