import { from, lastValueFrom, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScoreEvent, ServerEvent } from '../../src/protocol/events.ts'
import type { LocalScorer } from '../../src/scoring/local-scorer.ts'
import { evidenceStretches } from '../../src/stream/evidence-stretches.ts'
import type { StreamInput } from '../../src/stream/live-stream.ts'
import { streamEvents } from '../../src/stream/stream-events.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'
import { fakeSpeech, firstSeconds, inPieces, realSpeech } from '../fixtures/recordings.ts'
import { contextOf, openDefaultModel } from './test-model.ts'

describe('the stretches of a window', () => {
  it('are quarter seconds of the stream that hold the frames in their middle, calibrated, and add up', () => {
    const manifest = { ...defaultManifest, calibration: { scale: 2, bias: 0.5, fittedOn: '' } }
    const evidence = { firstFrame: 140, strideFrames: 4, fakeEvidence: Float32Array.of(1, 2, 3, -1, 0) }
    // Frames 140, 144, 148 lie in 1.25 to 1.5 s; 152 and 156 in 1.5 to 1.75 s.
    expect(evidenceStretches(evidence, manifest)).toEqual({ start: 1.25, step: 0.25, fakeEvidence: [12.3, -1.8] })
  })
})

describe('a stream that asks for evidence', () => {
  let scorer: LocalScorer
  beforeAll(async () => {
    scorer = await openDefaultModel()
  })
  afterAll(() => scorer.close())

  const scoresOf = async (audio: Uint8Array, evidence: boolean): Promise<ScoreEvent[]> => {
    const inputs = inPieces(audio, 3_200).map((bytes): StreamInput => ({ kind: 'audio', bytes, arrivedMs: 0 }))
    const events: ServerEvent[] = await lastValueFrom(
      streamEvents(from(inputs), contextOf(scorer, { evidence })).pipe(toArray()),
    )
    return events.filter((event) => event.type === 'score')
  }

  it('gets stretches with every judged window, which add up to the logit of its probability', async () => {
    const scores = await scoresOf(firstSeconds(realSpeech, 3), true)
    const judged = scores.filter(({ verdict }) => verdict !== 'inconclusive')
    expect(judged.length).toBeGreaterThan(2)
    for (const { windowFakeProbability, evidence } of judged) {
      const logit = Math.log(windowFakeProbability! / (1 - windowFakeProbability!))
      expect(evidence!.fakeEvidence.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logit, 2)
    }
  })

  it('gets none without asking', async () => {
    const scores = await scoresOf(firstSeconds(realSpeech, 2), false)
    expect(scores.every(({ evidence }) => evidence === undefined)).toBe(true)
  })

  it('finds more of it in three seconds of a synthesiser than in the human speech around them', async () => {
    const human = firstSeconds(realSpeech, 10)
    const audio = Buffer.concat([
      human.subarray(0, 4 * 32_000),
      firstSeconds(fakeSpeech, 3),
      human.subarray(4 * 32_000),
    ])
    const { evidence } = (await scoresOf(audio, true)).find(({ end }) => end === 10)!
    const mean = (from: number, to: number) => {
      const inside = evidence!.fakeEvidence.filter((_, at) => {
        const time = evidence!.start + at * evidence!.step
        return time >= from && time < to
      })
      return inside.reduce((sum, value) => sum + value, 0) / inside.length
    }
    expect(mean(4, 7)).toBeGreaterThan(mean(0, 4))
    expect(mean(4, 7)).toBeGreaterThan(mean(7, 10))
  })
})

describe('a synthesiser in human speech', () => {
  let scorer: LocalScorer
  beforeAll(async () => {
    scorer = await openDefaultModel()
  })
  afterAll(() => scorer.close())

  const toldOf = async (...pieces: readonly Uint8Array[]): Promise<ServerEvent[]> => {
    const inputs = inPieces(Buffer.concat(pieces), 3_200).map(
      (bytes): StreamInput => ({ kind: 'audio', bytes, arrivedMs: 0 }),
    )
    return lastValueFrom(streamEvents(from(inputs), contextOf(scorer, {})).pipe(toArray()))
  }
  const summaryOf = async (...pieces: readonly Uint8Array[]) =>
    (await toldOf(...pieces)).find((event) => event.type === 'summary')!.channels[0]!

  it.each([
    [3, 0],
    [5, 5],
    [7, 8],
    [9, 0],
  ])('is found by the summary within three quarters of a second of its place: 3 s at second %d', async (at, of) => {
    const insert = fakeSpeech.subarray(of * 32_000, (of + 3) * 32_000)
    const { strongestEvidence } = await summaryOf(
      firstSeconds(realSpeech, at),
      insert,
      realSpeech.subarray(at * 32_000),
    )
    expect(Math.abs(strongestEvidence!.start - at)).toBeLessThanOrEqual(0.75)
    expect(Math.abs(strongestEvidence!.end - at - 3)).toBeLessThanOrEqual(0.75)
  })

  it.each([3, 5, 8, 10, 12])(
    'has its alert begin within half a second of its place, though the probability stood high only later: at second %d',
    async (at) => {
      const told = await toldOf(firstSeconds(realSpeech, at), fakeSpeech, fakeSpeech)
      const alert = told.find((event) => event.type === 'alert')!
      const raise = scorer.manifest.decision.raise
      const scores = told.filter((event) => event.type === 'score')
      const firstHigh = scores.find(({ fakeProbability }) => (fakeProbability ?? 0) >= raise)!
      expect(firstHigh.end).toBeGreaterThan(alert.onset + 0.5)
      expect(Math.abs(alert.onset - at)).toBeLessThanOrEqual(0.5)
    },
  )

  it('speaks far more for fake than anything in human speech alone', async () => {
    const human = (await summaryOf(realSpeech)).strongestEvidence?.fakeEvidence ?? 0
    const insert = firstSeconds(fakeSpeech, 3)
    const mixed = await summaryOf(firstSeconds(realSpeech, 5), insert, realSpeech.subarray(5 * 32_000))
    expect(mixed.strongestEvidence!.fakeEvidence).toBeGreaterThan(human + 1)
  })
})
