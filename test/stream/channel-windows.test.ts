import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LocalScorer } from '../../src/scoring/local-scorer.ts'
import { ChannelTrack, type DueWindow } from '../../src/stream/channel-track.ts'
import { cutAt } from '../fixtures/arrays.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { samplesOf } from './sounds.ts'
import { fft, openDefaultModel } from './test-model.ts'

let scorer: LocalScorer
beforeAll(async () => {
  scorer = await openDefaultModel()
})
afterAll(() => scorer.close())

function openTrack({ hopFrames = 50, sampleRate = 16_000 } = {}): { track: ChannelTrack; windows: DueWindow[] } {
  const windows: DueWindow[] = []
  const options = { channel: 0, sampleRate, hopFrames, scorer, fft }
  return { track: new ChannelTrack(options, (window) => windows.push(window)), windows }
}

/** Silence in pieces of 100 ms: due as audio is, and never sent to the model. */
function pushSilence(track: ChannelTrack, seconds: number, sampleRate = 16_000): void {
  let left = Math.round(seconds * sampleRate)
  for (; left > 0; left -= sampleRate / 10) track.push(new Float32Array(Math.min(left, sampleRate / 10)))
}

const endsOf = (windows: readonly DueWindow[]) => windows.map(({ endSample }) => endSample / 16_000)

describe('the windows of a channel', () => {
  it('are due at 1 s of audio, then at each hop', () => {
    const { track, windows } = openTrack()
    pushSilence(track, 3.2)
    expect(endsOf(windows)).toEqual([1, 1.5, 2, 2.5, 3])
  })

  it('end at 1 s and whole hops, and the last one with the audio, at any hop and length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 101, max: 400 }), (hopFrames, frames) => {
        const { track, windows } = openTrack({ hopFrames })
        pushSilence(track, frames / 100)
        track.flush()
        const ends = windows.map(({ endSample }) => endSample)
        const last = ends.pop()
        expect(ends).toEqual(ends.map((_, window) => 16_000 + window * hopFrames * 160))
        expect(last).toBe(frames * 160)
      }),
      { numRuns: 25 },
    )
  })

  it('count from zero', () => {
    const { track, windows } = openTrack()
    pushSilence(track, 2.2)
    expect(windows.map(({ seq }) => seq)).toEqual([0, 1, 2])
  })

  it('are provisional until they hold 10.24 s', () => {
    const { track, windows } = openTrack({ hopFrames: 12 })
    pushSilence(track, 11)
    const firstFull = windows.find(({ provisional }) => !provisional)
    expect(firstFull).toMatchObject({ startSample: 0, endSample: 163_840 })
  })

  it('hold the last 10.24 s from then on, from the first embedding on that lies in them', () => {
    const { track, windows } = openTrack({ hopFrames: 51 })
    pushSilence(track, 14)
    const missing = windows
      .filter(({ provisional }) => !provisional)
      .map(({ startSample, endSample }) => 1024 - (endSample - startSample) / 160)
    expect(new Set(missing)).toEqual(new Set([0, 1, 2, 3]))
  })

  it('are counted in time at 16 kHz, whatever the rate of the audio', () => {
    const { track, windows } = openTrack({ sampleRate: 44_100 })
    pushSilence(track, 2, 44_100)
    track.flush()
    expect(endsOf(windows)).toEqual([1, 1.5, 2])
  })

  it('are what is there when one is asked for, and none if nothing came since the last', () => {
    const { track, windows } = openTrack()
    pushSilence(track, 1.4)
    track.windowNow()
    track.windowNow()
    expect(windows).toHaveLength(2)
  })

  it('are too short to judge below 1 s', () => {
    const { track, windows } = openTrack()
    for (const piece of cutAt(samplesOf(firstSeconds(fakeSpeech, 0.9)), [])) track.push(piece)
    track.flush()
    expect(windows.map(({ gate }) => gate.reason)).toEqual(['too_short'])
  })

  it('end once with a flush, however the end falls on a hop', () => {
    const { track, windows } = openTrack()
    pushSilence(track, 1.5)
    track.flush()
    expect(endsOf(windows)).toEqual([1, 1.5])
  })

  it('are none where no audio came', () => {
    const { track, windows } = openTrack()
    track.flush()
    expect(windows).toEqual([])
  })

  it('come at the same places with the same speech in them, however the samples are cut', () => {
    const samples = samplesOf(firstSeconds(fakeSpeech, 3))
    const factsOf = (cuts: readonly number[]) => {
      const { track, windows } = openTrack()
      const everyPiece = Array.from({ length: 30 }, (_, at) => at * 1_600)
      for (const piece of cutAt(samples, [...everyPiece, ...cuts])) track.push(piece)
      track.flush()
      return windows.map(({ settled, ...facts }) => facts)
    }
    const whole = factsOf([])
    expect(whole).toHaveLength(5)
    fc.assert(
      fc.property(fc.array(fc.nat(samples.length), { maxLength: 60 }), (cuts) => {
        expect(factsOf(cuts)).toEqual(whole)
      }),
      { numRuns: 20 },
    )
  })
})

describe('what is missing in a channel', () => {
  it('takes its time, and is counted in the windows that hold it', () => {
    const { track, windows } = openTrack()
    pushSilence(track, 0.5)
    track.pushGap(new Float32Array(1_600))
    pushSilence(track, 0.9)
    track.flush()
    expect(windows.map(({ gapMs }) => gapMs)).toEqual([100, 100])
    expect(track).toMatchObject({ durationSamples: 24_000, gapMs: 100 })
  })

  it('is counted in a window that ends inside of it, for the part before that end', () => {
    const { track, windows } = openTrack()
    pushSilence(track, 0.97)
    track.pushGap(new Float32Array(1_600))
    expect(windows.map(({ endSample, gapMs }) => [endSample, gapMs])).toEqual([[16_000, 30]])
  })

  it('keeps a window from being judged where it is more than half of it', () => {
    const { track, windows } = openTrack()
    const samples = samplesOf(firstSeconds(fakeSpeech, 0.45))
    track.push(samples)
    for (let piece = 0; piece < 7; piece += 1) track.pushGap(new Float32Array(1_600))
    expect(windows.map(({ gate }) => gate.reason)).toEqual(['gap'])
  })

  it('is counted for a pause of the sender, which takes no samples', () => {
    const { track, windows } = openTrack()
    pushSilence(track, 0.5)
    track.notePause({ milliseconds: 4_000, afterSeconds: 0.5 })
    pushSilence(track, 0.7)
    expect(windows.map(({ endSample, gapMs }) => [endSample, gapMs])).toEqual([[16_000, 4_000]])
  })
})
