import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadFft } from '../../src/dsp/fft.ts'
import { createFrontEnd, TORCHAUDIO_MEL } from '../../src/dsp/front-ends.ts'
import { cutAt, differences, framesOf, golden } from '../fixtures/arrays.ts'

const fft = await loadFft()
const frontEnd = () => createFrontEnd(TORCHAUDIO_MEL, fft)
const speech = golden('mel-speech-input').values
const report = JSON.parse(readFileSync(new URL('../golden/golden.json', import.meta.url), 'utf8'))

const differenceTo = (name: string) =>
  differences(framesOf(frontEnd(), [golden(`mel-${name}-input`).values]), golden(`mel-${name}`).values)

describe('the torchaudio-mel front end', () => {
  it.each(['speech', 'noise', 'silence', 'clipping', 'impulse'])("makes torchaudio's frames of %s, to 1e-4", (name) => {
    const { max, mean } = differenceTo(name)
    expect(max).toBeLessThanOrEqual(1e-4)
    expect(mean).toBeLessThanOrEqual(5e-6)
  })

  it("makes torchaudio's frames of a sweep, to 5e-4 and 2e-5 on average", () => {
    const { max, mean } = differenceTo('sweep')
    expect(max).toBeLessThanOrEqual(5e-4)
    expect(mean).toBeLessThanOrEqual(2e-5)
  })

  it('is hardly farther from torchaudio than float64 is, where a loud tone leaves only float32 rounding', () => {
    const own = report.mel['sweep-loud'].float32ToFloat64
    const { max, mean } = differenceTo('sweep-loud')
    expect(max).toBeLessThanOrEqual(2 * own.max)
    expect(mean).toBeLessThanOrEqual(2 * own.mean)
  })

  it('makes the same bits of the same audio, however it is cut', () => {
    const whole = framesOf(frontEnd(), [speech])
    fc.assert(
      fc.property(fc.array(fc.nat(speech.length), { maxLength: 30 }), (cuts) => {
        expect(differences(framesOf(frontEnd(), cutAt(speech, cuts)), whole).max).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it('makes the same bits of audio that comes one sample at a time', () => {
    const short = speech.subarray(0, 3000)
    const single = Array.from({ length: short.length }, (_, at) => short.subarray(at, at + 1))
    expect(differences(framesOf(frontEnd(), single), framesOf(frontEnd(), [short])).max).toBe(0)
  })

  it('emits frame t with sample 160·t + 1023, and none before', () => {
    const mel = frontEnd()
    const indexes: number[] = []
    const keep = (_: Float32Array, index: number) => void indexes.push(index)
    mel.push(speech.subarray(0, 1023), keep)
    expect(indexes).toEqual([])
    mel.push(speech.subarray(1023, 1024), keep)
    expect(indexes).toEqual([0])
    mel.push(speech.subarray(1024, 1183), keep)
    expect(indexes).toEqual([0])
    mel.push(speech.subarray(1183, 1184), keep)
    expect(indexes).toEqual([0, 1])
  })

  it('gives ⌊N/160⌋ + 1 frames of N samples, as soon as there are enough to reflect', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1025, max: 5000 }), (length) => {
        expect(framesOf(frontEnd(), [new Float32Array(length)]).length / 128).toBe(Math.floor(length / 160) + 1)
        expect(frontEnd().framesIn(length)).toBe(Math.floor(length / 160) + 1)
      }),
      { numRuns: 30 },
    )
  })

  it.each([0, 1, 500, 1023])('gives no frames of %i samples, too few to reflect', (length) => {
    expect(framesOf(frontEnd(), [new Float32Array(length)])).toHaveLength(0)
    expect(frontEnd().framesIn(length)).toBe(0)
  })

  it('is as new after a reset', () => {
    const mel = frontEnd()
    mel.push(golden('mel-noise-input').values, () => {})
    mel.flush(() => {})
    mel.reset()
    expect(differences(framesOf(mel, [speech]), framesOf(frontEnd(), [speech])).max).toBe(0)
  })

  it('refuses samples after its end', () => {
    const mel = frontEnd()
    mel.flush(() => {})
    expect(() => mel.push(speech, () => {})).toThrow(expect.objectContaining({ code: 'stage_finished' }))
  })
})
