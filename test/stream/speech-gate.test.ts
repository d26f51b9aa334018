import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GateVerdict, SpeechGate } from '../../src/stream/speech-gate.ts'
import { cutAt } from '../fixtures/arrays.ts'
import { fakeSpeech, firstSeconds, realSpeech, telephone } from '../fixtures/recordings.ts'
import { mixed, noise, pulsed, samplesOf, telephoneSamples, throughTelephone, tone } from './sounds.ts'
import { fft } from './test-model.ts'

const WINDOW = 1024
const speech = samplesOf(firstSeconds(realSpeech, 10.24))

function judged(pieces: Iterable<Float32Array>, gapMs = 0): GateVerdict {
  const gate = new SpeechGate(WINDOW + 64, 0.5, fft)
  for (const piece of pieces) gate.push(piece)
  return gate.judge(0, WINDOW, 0, gapMs)
}

describe('the speech gate', () => {
  it('hears silence in digital silence', () => {
    expect(judged([new Float32Array(163_840)])).toEqual({ speechSeconds: 0, newSpeechSeconds: 0, reason: 'silence' })
  })

  it('hears silence in noise as quiet as the last bit', () => {
    expect(judged([noise(1, 10.24, 2 ** -15)]).reason).toBe('silence')
  })

  it('takes white noise for no speech, at any level', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.01, max: 1, noNaN: true }), (seed, amplitude) => {
        expect(judged([noise(seed, 10.24, amplitude)]).reason).toBe('not_speech')
      }),
      { numRuns: 20 },
    )
  })

  it.each([
    ['a tone of 440 Hz', tone(440, 10.24)],
    ['a dial tone', mixed(tone(350, 10.24, 0.2), tone(440, 10.24, 0.2))],
    ['a busy tone', pulsed(mixed(tone(480, 10.24, 0.2), tone(620, 10.24, 0.2)), 0.5, 0.5)],
    ['a ringing tone', pulsed(mixed(tone(440, 10.24, 0.2), tone(480, 10.24, 0.2)), 2, 4)],
    ['a chord', mixed(tone(262, 10.24, 0.1), tone(330, 10.24, 0.1), tone(392, 10.24, 0.1))],
    ['the answering tone of a fax', pulsed(tone(2_100, 10.24, 0.2), 0.45, 0.01)],
    ['electronic music on hold', telephoneSamples(telephone.electronicMusic)],
    ['music on hold by a band', telephoneSamples(telephone.bandMusic)],
  ])('takes %s for no speech, loud and quiet', (_, samples) => {
    for (const gain of [1, 0.1]) expect(judged([samples.map((sample) => sample * gain)]).reason).toBe('not_speech')
  })

  it('takes music for no speech at the first second of it, too', () => {
    const gate = new SpeechGate(WINDOW, 0.5, fft)
    gate.push(telephoneSamples(telephone.bandMusic).subarray(0, 16_160))
    expect(gate.judge(0, 100, 0, 0).reason).toBe('not_speech')
  })

  it('finds too little speech in three tenths of a second of it', () => {
    const samples = new Float32Array(163_840)
    samples.set(samplesOf(fakeSpeech).subarray(16_000, 16_000 + 4_800), 80_000)
    expect(judged([samples])).toMatchObject({ reason: 'too_little_speech', speechSeconds: expect.any(Number) })
  })

  it.each([
    ['a real voice', realSpeech],
    ['a fake voice', fakeSpeech],
  ])('lets %s pass, and says for how many of its seconds it spoke', (_, recording) => {
    const verdict = judged([samplesOf(firstSeconds(recording, 10.24))])
    expect(verdict.reason).toBeUndefined()
    expect(verdict.speechSeconds).toBeGreaterThan(4)
    expect(verdict.speechSeconds).toBeLessThan(10)
  })

  it.each([
    ['40 dB quieter', speech.map((sample) => sample / 100)],
    ['of a telephone', throughTelephone(speech)],
    ['in noise 10 dB below it', mixed(speech, noise(4, 10.24, 0.04))],
    ['in Spanish', telephoneSamples(telephone.spanish)],
    ['of 380 words a minute', telephoneSamples(telephone.fast)],
    ['that is whispered', telephoneSamples(telephone.whispered)],
  ])('lets speech pass %s', (_, samples) => {
    expect(judged([samples]).reason).toBeUndefined()
  })

  it('lets the first second of speech pass', () => {
    const gate = new SpeechGate(WINDOW, 0.5, fft)
    gate.push(speech)
    expect(gate.judge(0, 100, 0, 0).reason).toBeUndefined()
  })

  it('lets two seconds of speech pass that follow eight of music', () => {
    const samples = telephoneSamples(telephone.bandMusic).subarray(0, 163_840).slice()
    samples.set(speech.subarray(0, 32_000), samples.length - 32_000)
    expect(judged([samples]).reason).toBeUndefined()
  })

  it('refuses a window of which more than half never arrived', () => {
    expect(judged([speech], 5_121)).toEqual({ speechSeconds: 0, newSpeechSeconds: 0, reason: 'gap' })
  })

  it('judges a window of which half arrived', () => {
    expect(judged([speech], 5_120).reason).toBeUndefined()
  })

  it('counts as new only the speech after the window before', () => {
    const gate = new SpeechGate(WINDOW, 0.5, fft)
    gate.push(speech)
    const { speechSeconds } = gate.judge(0, WINDOW, 0, 0)
    const verdict = gate.judge(0, WINDOW, 974, 0)
    expect(verdict.speechSeconds).toBe(speechSeconds)
    expect(verdict.newSpeechSeconds).toBeLessThanOrEqual(0.5)
  })

  it('judges the last frames by themselves, whatever came before them', () => {
    const gate = new SpeechGate(WINDOW, 0.5, fft)
    gate.push(noise(3, 10.24, 1))
    gate.push(tone(440, 10.24))
    gate.push(speech)
    const { newSpeechSeconds, ...verdict } = gate.judge(2 * WINDOW, 3 * WINDOW, 2 * WINDOW, 0)
    expect(verdict.reason).toBeUndefined()
    expect(verdict.speechSeconds).toBeCloseTo(judged([speech]).speechSeconds, 1)
  })

  it('gives the same answer however its samples are cut', () => {
    const whole = judged([speech])
    fc.assert(
      fc.property(fc.array(fc.nat(speech.length), { maxLength: 50 }), (cuts) => {
        expect(judged(cutAt(speech, cuts))).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })
})
