import { describe, expect, it } from 'vitest'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import type { ServerEvent } from '../../src/protocol/events.ts'
import { ChannelJudge } from '../../src/stream/channel-judge.ts'
import type { DueWindow } from '../../src/stream/channel-track.ts'
import type { Settled } from '../../src/stream/settled.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'

const FACTS = { durationSamples: 80_000, gapMs: 20, speechSeconds: 3 }

/** Calibration leaves the logits as they are; the threshold is at 0, an alert is raised at 2 and cleared at 1. */
const manifest = {
  ...defaultManifest,
  calibration: { scale: 1, bias: 0, fittedOn: 'nothing' },
  decision: { threshold: 0.5, raise: 1 / (1 + Math.exp(-2)), clear: 1 / (1 + Math.exp(-1)), leastSpeechSeconds: 0.5 },
}

const scored = (fakeLogit: number): Settled => ({ kind: 'scored', fakeLogit })
const SUPERSEDED: Settled = { kind: 'superseded' }
const FAILED: Settled = { kind: 'failed', error: new EarwitnessError('inference_timeout', 'no answer within 20 s') }
const SILENT: Settled = { kind: 'inconclusive', reason: 'silence' }

/** A judge that has taken these outcomes, of windows that ended at 1 s and then every half second, and what it said. */
function judgeOf(outcomes: readonly Settled[], halfLife = 0) {
  const judge = new ChannelJudge(manifest, { halfLife, evidence: false }, 256)
  const events = outcomes.map((outcome, seq): ServerEvent[] => {
    const endSample = 16_000 + seq * 8_000
    const window: DueWindow = {
      channel: 0,
      seq,
      startSample: 0,
      endSample,
      provisional: true,
      gate: { speechSeconds: 1, newSpeechSeconds: 1 },
      gapMs: 0,
      settled: Promise.resolve(outcome),
    }
    return judge.take(window, outcome, 5)
  })
  return { judge, events }
}

describe('the judge of a channel', () => {
  it("gives the window's own probability beside the smoothed one", () => {
    const { events } = judgeOf([scored(0), scored(Math.log(3))], 0.5)
    expect(events[1]).toMatchObject([{ type: 'score', windowFakeProbability: expect.closeTo(0.75, 12) }])
    expect(events[1]).toMatchObject([{ fakeProbability: expect.closeTo(1 / (1 + Math.sqrt(1 / 3)), 12) }])
  })

  it.each([
    [-0.1, 'real'],
    [0.1, 'uncertain'],
    [2.1, 'fake'],
  ])('calls a logit of %d %s', (fakeLogit, verdict) => {
    expect(judgeOf([scored(fakeLogit)]).events[0]).toMatchObject([{ verdict }])
  })

  it('holds the smoothed probability over a window that cannot be judged, and says why', () => {
    expect(judgeOf([scored(0), SILENT]).events[1]).toMatchObject([
      { type: 'score', fakeProbability: 0.5, windowFakeProbability: null, verdict: 'inconclusive', reason: 'silence' },
    ])
  })

  it('has no probability before the first window that can be judged', () => {
    expect(judgeOf([SILENT]).events[0]).toMatchObject([{ fakeProbability: null, windowFakeProbability: null }])
  })

  it('tells of a failed window with an error that names its place, and with no number', () => {
    expect(judgeOf([scored(0), FAILED]).events[1]).toEqual([
      {
        type: 'error',
        code: 'inference_timeout',
        message: 'no answer within 20 s',
        fatal: false,
        channel: 0,
        start: 0,
        end: 1.5,
      },
    ])
  })

  it('says nothing of a superseded window but its count, in the next score', () => {
    const { events } = judgeOf([SUPERSEDED, SUPERSEDED, scored(0), scored(0)])
    const scores = events.flat().filter((event) => event.type === 'score')
    expect(scores.map(({ seq, skipped }) => [seq, skipped])).toEqual([
      [2, 2],
      [3, 0],
    ])
  })

  it('warns of overload once while windows are skipped, and again after it had caught up', () => {
    const outcomes = [SUPERSEDED, scored(0), SUPERSEDED, scored(0), scored(0), SUPERSEDED, scored(0)]
    const warnings = judgeOf(outcomes)
      .events.flat()
      .filter((event) => event.type === 'warning')
    expect(warnings.map(({ code, at }) => [code, at])).toEqual([
      ['overload', 1.5],
      ['overload', 4],
    ])
  })

  it('tells of an alert after the score that raised it', () => {
    const { events } = judgeOf([scored(3), scored(3), scored(3)])
    expect(events[2]).toMatchObject([{ type: 'score' }, { type: 'alert', state: 'raised', onset: 1, at: 2 }])
  })
})

describe('the summary of a channel', () => {
  it('counts what became of each window', () => {
    const { judge } = judgeOf([scored(0), SILENT, SUPERSEDED, FAILED, FAILED, scored(0)])
    expect(judge.summary(0, FACTS)).toMatchObject({ scored: 2, inconclusive: 1, skipped: 1, failed: 2 })
  })

  it("gives the mean of the windows' probabilities and the peak of the smoothed ones", () => {
    const summary = judgeOf([scored(0), scored(Math.log(3)), scored(0)]).judge.summary(0, FACTS)
    expect(summary.meanFakeProbability).toBeCloseTo((0.5 + 0.75 + 0.5) / 3, 12)
    expect(summary.peakFakeProbability).toBeCloseTo(0.75, 12)
  })

  it('says fake if there was an alert, whatever the mean', () => {
    const alerted = [scored(3), scored(3), scored(3), ...Array.from({ length: 10 }, () => scored(-5))]
    expect(judgeOf(alerted).judge.summary(0, FACTS)).toMatchObject({
      verdict: 'fake',
      alerts: [{ start: 1, end: 2.5 }],
    })
  })

  it('is inconclusive if nothing could be judged, with the commonest reason', () => {
    const short: Settled = { kind: 'inconclusive', reason: 'too_short' }
    const { judge } = judgeOf([short, SILENT, SILENT])
    expect(judge.summary(0, FACTS)).toMatchObject({
      verdict: 'inconclusive',
      reason: 'silence',
      meanFakeProbability: null,
    })
  })

  it('gives seconds for samples', () => {
    expect(judgeOf([]).judge.summary(0, FACTS)).toMatchObject({ duration: 5, gapMs: 20, speechSeconds: 3 })
  })
})
