import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadFft } from '../../src/dsp/fft.ts'
import { FrameCues } from '../../src/dsp/frame-cues.ts'
import { cutAt, golden } from '../fixtures/arrays.ts'
import { noise, tone } from '../stream/sounds.ts'

const fft = await loadFft()
const speech = golden('mel-speech-input').values

/** Each frame's cues, in pieces as they come. */
function cuesOf(pieces: Iterable<Float32Array>) {
  const found: Record<'level' | 'loudness' | 'centroid' | 'flux' | 'roughness' | 'steadiness', number>[] = []
  const cues = new FrameCues(fft)
  for (const piece of pieces) {
    cues.push(piece, ({ level, loudness, centroid, flux, roughness, steadiness }) =>
      found.push({ level, loudness, centroid, flux, roughness, steadiness }),
    )
  }
  return found
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Beyond the frames that still reach back before the sound. */
const settled = (samples: Float32Array) => cuesOf([samples]).slice(8)

describe('the cues of a frame', () => {
  it('come every 160 samples', () => {
    expect(cuesOf([speech.subarray(0, 1_599)])).toHaveLength(9)
  })

  it('put the centre of a tone of 1 kHz into bin 32, and its loudness at its power', () => {
    for (const { centroid, loudness } of settled(tone(1_000, 1, 0.1))) {
      expect(centroid).toBeCloseTo(32, 2)
      expect(loudness).toBeCloseTo(10 * Math.log10(0.1 ** 2 / 2 / 2), 1)
    }
  })

  it('leave a change of volume out of all but level and loudness', () => {
    const loud = settled(speech)
    settled(speech.map((sample) => sample / 2)).forEach(({ level, loudness, centroid }, at) => {
      if (loud[at]!.level < -50) return
      expect(loud[at]!.level - level).toBeCloseTo(6.02, 1)
      expect(loud[at]!.loudness - loudness).toBeCloseTo(6.02, 1)
      expect(loud[at]!.centroid - centroid).toBeCloseTo(0, 1)
    })
  })

  it('find a tone steady and unchanging, and noise neither', () => {
    const ofTone = settled(tone(1_000, 1, 0.1))
    const ofNoise = settled(noise(1, 1, 0.1))
    expect(Math.min(...ofTone.map(({ steadiness }) => steadiness))).toBeGreaterThan(0.99)
    expect(Math.max(...ofTone.map(({ flux }) => flux))).toBeLessThan(0.1)
    expect(Math.abs(mean(ofNoise.map(({ steadiness }) => steadiness)))).toBeLessThan(0.1)
    expect(mean(ofNoise.map(({ flux }) => flux))).toBeGreaterThan(2)
  })

  it('are the same bits however the samples are cut', () => {
    const whole = cuesOf([speech])
    fc.assert(
      fc.property(fc.array(fc.nat(speech.length), { maxLength: 30 }), (cuts) => {
        expect(cuesOf(cutAt(speech, cuts))).toEqual(whole)
      }),
      { numRuns: 10 },
    )
  })
})
