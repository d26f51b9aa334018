import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import { ChannelTrack, type DueWindow } from '../../src/stream/channel-track.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'
import { fakeSpeech, realSpeech } from '../fixtures/recordings.ts'
import { samplesOf } from './sounds.ts'
import { fft, openDefaultModel } from './test-model.ts'

let incremental: LocalScorer
let whole: LocalScorer
beforeAll(async () => {
  incremental = await openDefaultModel()
  const options = { provider: 'cpu', scoringSeconds: 20, threads: 1, wholeWindows: true } as const
  whole = await LocalScorer.open(defaultModelFolder, options)
})
afterAll(() => Promise.all([incremental.close(), whole.close()]))

const speech = [samplesOf(realSpeech), samplesOf(fakeSpeech)] as const

type Act = { readonly kind: 'speech' | 'gap'; readonly samples: number } | { readonly kind: 'finalize' }

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('speech'), samples: fc.nat(16_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gap'), samples: fc.nat(8_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('finalize') }) },
)

/** Goes through what is heard in pieces of at most so many samples, waits for every window, and ends with a flush. */
async function scoresOf(scorer: LocalScorer, acts: readonly Act[], hopFrames: number, piece: number, from: number) {
  const windows: DueWindow[] = []
  const options = { channel: 0, sampleRate: 16_000, hopFrames, scorer, fft }
  const track = new ChannelTrack(options, (window) => windows.push(window))
  let at = from
  for (const act of acts) {
    if (act.kind === 'finalize') {
      track.windowNow()
      continue
    }
    for (let left = act.samples; left > 0; left -= piece) {
      const samples = Math.min(left, piece)
      const voice = speech[Math.floor(at / 40_000) % 2]!
      const start = at % (voice.length - piece)
      if (act.kind === 'gap') track.pushGap(new Float32Array(samples))
      else track.push(voice.subarray(start, start + samples))
      at += samples
      await windows.at(-1)?.settled
    }
  }
  track.flush()
  return Promise.all(windows.map(async ({ settled, ...facts }) => ({ facts, settled: await settled })))
}

describe('the scores of a channel', () => {
  it('are those of each window scored alone: any audio, hop, pieces, gaps, finalize and flush', async () => {
    const scene = fc.record({
      acts: fc.array(act, { minLength: 12, maxLength: 40 }),
      hopFrames: fc.integer({ min: 10, max: 200 }),
      piece: fc.integer({ min: 100, max: 1_600 }),
      from: fc.nat(300_000),
    })
    let scored = 0
    await fc.assert(
      fc.asyncProperty(scene, async ({ acts, hopFrames, piece, from }) => {
        const inHops = await scoresOf(incremental, acts, hopFrames, piece, from)
        // The whole graph hears the same samples in the same pieces: how a stream is cut is another test's matter.
        const alone = await scoresOf(whole, acts, hopFrames, piece, from)
        expect(inHops.map(({ facts }) => facts)).toEqual(alone.map(({ facts }) => facts))
        for (const [index, { settled }] of inHops.entries()) {
          const expected = alone[index]!.settled
          expect(settled.kind).toBe(expected.kind)
          if (settled.kind !== 'scored' || expected.kind !== 'scored') continue
          scored += 1
          expect(Math.abs(settled.fakeLogit - expected.fakeLogit)).toBeLessThanOrEqual(1e-4)
        }
      }),
      { numRuns: 12 },
    )
    expect(scored).toBeGreaterThan(50)
  })
})
