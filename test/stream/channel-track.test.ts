import { describe, expect, it } from 'vitest'
import { loadFft } from '../../src/dsp/fft.ts'
import { Batcher } from '../../src/scoring/batcher.ts'
import type { ModelManifest } from '../../src/scoring/model-manifest.ts'
import type { Scorer } from '../../src/scoring/scorer.ts'
import { WholeWindows } from '../../src/scoring/whole-windows.ts'
import { ChannelTrack, type DueWindow } from '../../src/stream/channel-track.ts'
import { differences, golden } from '../fixtures/arrays.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'
import { kaldiManifest } from '../fixtures/kaldi-manifest.ts'

const fft = await loadFft()
const speech = golden('mel-speech-input').values

/** A channel whose model keeps what it is given. */
function keepingTrack(manifest: ModelManifest) {
  const given: Float32Array[] = []
  const windows = new WholeWindows(manifest, async ({ frames, lengths }) => {
    given.push(new Float32Array(frames.slice(0), 0, 1024 * 128))
    return { frames, fakeLogits: lengths.map(() => 0) }
  })
  const batcher = new Batcher(windows, { maxBatch: 1, maxWaitMs: 1, maxBatchMs: 100 })
  const scorer: Scorer = {
    manifest,
    provider: 'cpu',
    score: (channel, window) => batcher.score(channel, window),
    close: async () => batcher.close(),
  }
  const due: DueWindow[] = []
  const track = new ChannelTrack({ channel: 0, sampleRate: 16_000, hopFrames: 50, scorer, fft }, (window) => {
    due.push(window)
  })
  const push = (from: number, to: number) => {
    for (let at = from; at < to; at += 160) track.push(speech.subarray(at, Math.min(at + 160, to)))
  }
  return { track, push, due, given }
}

describe('a channel of a kaldi-fbank model', () => {
  it("gives the model of 1 s of speech what Hugging Face's extractor gives of it, padding included", async () => {
    const { track, push, due, given } = keepingTrack(kaldiManifest)
    push(0, 16_000)
    track.flush()
    expect(due).toHaveLength(1)
    expect(await due[0]!.settled).toMatchObject({ kind: 'scored' })
    const theirs = golden('ast-speech').values
    const padding = theirs.at(-1)!
    const window = given[0]!
    expect(differences(window.subarray(0, theirs.length), theirs).max).toBeLessThanOrEqual(1e-4)
    expect(window.subarray(theirs.length).every((value) => value === padding)).toBe(true)
  })

  it('has its first window after 1 s of audio, as soon as its 98 frames are there', () => {
    const { push, due } = keepingTrack(kaldiManifest)
    push(0, 97 * 160 + 399)
    expect(due).toEqual([])
    push(97 * 160 + 399, 97 * 160 + 400)
    expect(due).toMatchObject([{ startSample: 0, endSample: 98 * 160, provisional: true }])
  })
})

describe('the last window of a channel', () => {
  it.each([
    ['torchaudio-mel', defaultManifest],
    ['kaldi-fbank', kaldiManifest],
  ])('ends with the audio, also where %s makes no frame of its last samples', (_, manifest) => {
    const { track, push, due } = keepingTrack(manifest)
    push(0, 15_199)
    track.flush()
    expect(due.map(({ startSample, endSample }) => [startSample, endSample])).toEqual([[0, 15_199]])
  })
})
