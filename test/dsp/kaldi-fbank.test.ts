import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadFft } from '../../src/dsp/fft.ts'
import { createFrontEnd, KALDI_FBANK, paddingValue, TORCHAUDIO_MEL } from '../../src/dsp/front-ends.ts'
import { cutAt, differences, framesOf, golden } from '../fixtures/arrays.ts'
import { fakeSpeech, realSpeech } from '../fixtures/recordings.ts'

const fft = await loadFft()
const frontEnd = () => createFrontEnd(KALDI_FBANK, fft)
const speech = golden('mel-speech-input').values
const report = JSON.parse(readFileSync(new URL('../golden/golden.json', import.meta.url), 'utf8'))

const ours = (name: string) => framesOf(frontEnd(), [golden(`mel-${name}-input`).values])
const toTorchaudio = (name: string) => differences(ours(name), golden(`kaldi-${name}`).values)
/** To the rows that hold audio; the last row kept is a padded one. */
const toExtractor = (name: string) => differences(ours(name), golden(`ast-${name}`).values.subarray(0, -128))

describe('the kaldi-fbank front end', () => {
  it.each(['speech', 'noise', 'silence', 'clipping', 'sweep', 'impulse'])(
    "makes the frames of Hugging Face's extractor of %s, to 1e-4 and 5e-6 on average",
    (name) => {
      const { max, mean } = toExtractor(name)
      expect(max).toBeLessThanOrEqual(1e-4)
      expect(mean).toBeLessThanOrEqual(5e-6)
    },
  )

  it.each(['noise', 'silence', 'clipping', 'sweep', 'impulse'])(
    "makes the frames of torchaudio's kaldi.fbank of %s, to 1e-4 and 5e-6 on average",
    (name) => {
      const { max, mean } = toTorchaudio(name)
      expect(max).toBeLessThanOrEqual(1e-4)
      expect(mean).toBeLessThanOrEqual(5e-6)
    },
  )

  // Of the first frame's lowest filters, near the floor, torchaudio's float32 is itself up to 1.3e-4 from float64.
  it("makes torchaudio's frames of speech to 2e-4, and all but two values to 1e-4", () => {
    const [mine, theirs] = [ours('speech'), golden('kaldi-speech').values]
    const beyond = mine.filter((value, at) => Math.abs(value - theirs[at]!) > 1e-4).length
    expect(beyond).toBeLessThanOrEqual(2)
    expect(toTorchaudio('speech').max).toBeLessThanOrEqual(2e-4)
    expect(toTorchaudio('speech').mean).toBeLessThanOrEqual(5e-6)
  })

  it('is no farther from the float64 of the extractor than torchaudio is, where a loud tone leaves only float32 rounding', () => {
    const torchaudio = report.kaldi.signals['sweep-loud'].float32ToFloat64
    const { max, mean } = toExtractor('sweep-loud')
    expect(max).toBeLessThanOrEqual(torchaudio.max)
    expect(mean).toBeLessThanOrEqual(torchaudio.mean)
    expect(toTorchaudio('sweep-loud').max).toBeLessThanOrEqual(2 * torchaudio.max)
    expect(toTorchaudio('sweep-loud').mean).toBeLessThanOrEqual(2 * torchaudio.mean)
  })

  it.each([
    ['real-speech', realSpeech],
    ['fake-speech', fakeSpeech],
  ])(
    "makes every 50th frame of the extractor's window of %s, which is longer than a window, to 1e-4",
    (name, bytes) => {
      const samples = Float32Array.from(new Int16Array(bytes.slice().buffer), (value) => value / 32_768)
      const frames = framesOf(frontEnd(), [samples])
      const theirs = golden(`ast-fixture-${name}`)
      const every = report.huggingFace.fixtureEvery * 128
      const kept = Float32Array.from(theirs.values, (_, at) => frames[Math.floor(at / 128) * every + (at % 128)]!)
      expect(theirs.shape).toEqual([21, 128])
      expect(differences(kept, theirs.values).max).toBeLessThanOrEqual(1e-4)
    },
  )

  it('pads as the extractor does, with what its normalisation makes of a zero', () => {
    expect(Math.fround(paddingValue(KALDI_FBANK))).toBe(report.huggingFace.signals.speech.padding)
    expect(golden('ast-speech').values.at(-1)).toBe(report.huggingFace.signals.speech.padding)
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
    const short = speech.subarray(0, 9000)
    const single = Array.from({ length: short.length }, (_, at) => short.subarray(at, at + 1))
    expect(differences(framesOf(frontEnd(), single), framesOf(frontEnd(), [short])).max).toBe(0)
  })

  it('makes the same bits beside a front end of the other kind', () => {
    const other = createFrontEnd(TORCHAUDIO_MEL, fft)
    const mixed = frontEnd()
    const frames: Float32Array[] = []
    for (const piece of cutAt(speech, [3000, 7000, 11_000])) {
      other.push(piece, () => {})
      mixed.push(piece, (frame) => void frames.push(frame.slice()))
    }
    const alone = framesOf(frontEnd(), [speech])
    for (const [index, frame] of frames.entries()) {
      expect(frame).toEqual(alone.subarray(index * 128, (index + 1) * 128))
    }
  })

  it('emits frame t with sample 160·t + 399, and none before', () => {
    const mel = frontEnd()
    const indexes: number[] = []
    const keep = (_: Float32Array, index: number) => void indexes.push(index)
    mel.push(speech.subarray(0, 399), keep)
    expect(indexes).toEqual([])
    mel.push(speech.subarray(399, 400), keep)
    expect(indexes).toEqual([0])
    mel.push(speech.subarray(400, 559), keep)
    expect(indexes).toEqual([0])
    mel.push(speech.subarray(559, 560), keep)
    expect(indexes).toEqual([0, 1])
  })

  it('gives ⌊(N − 400) / 160⌋ + 1 frames of N samples, none of fewer than 400, and none more at the flush', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9000 }), (length) => {
        let frames = 0
        const count = (_: Float32Array, index: number) => {
          frames = index + 1
        }
        const mel = frontEnd()
        mel.push(new Float32Array(length), count)
        const live = frames
        mel.flush(count)
        expect(live).toBe(length < 400 ? 0 : Math.floor((length - 400) / 160) + 1)
        expect(frames).toBe(live)
        expect(mel.framesIn(length)).toBe(live)
      }),
      { numRuns: 60 },
    )
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
