import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScoreHistory } from '../../../client/page/score-history.ts'
import type { ScoreEvent } from '../../../client/sdk/index.ts'

const HOP = 0.5

function score(end: number, change: Partial<ScoreEvent> = {}): ScoreEvent {
  const figures = { seq: 0, channel: 0, speechSeconds: 1, gapMs: 0, skipped: 0, latencyMs: 1 }
  const judged = { fakeProbability: 0.2, windowFakeProbability: 0.3, verdict: 'real', provisional: false } as const
  return { type: 'score', start: 0, end, ...figures, ...judged, ...change }
}

function filled(ends: readonly number[], change: Partial<ScoreEvent> = {}): ScoreHistory {
  const history = new ScoreHistory(60)
  for (const end of ends) history.add(score(end, change), end, HOP)
  return history
}

describe('ScoreHistory', () => {
  it('holds no more than its span', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (count) => {
        const history = filled(Array.from({ length: count }, (_, i) => 1 + i * HOP))
        expect(history.end - history.seconds[0]).toBeLessThanOrEqual(60 + HOP)
      }),
    )
  })

  it('joins windows in a row that were not judged', () => {
    const history = filled([1, 1.5, 2], { verdict: 'inconclusive', windowFakeProbability: null })
    expect(history.unjudged).toEqual([{ start: 0.5, end: 2 }])
  })

  it('keeps apart what was judged in between', () => {
    const history = new ScoreHistory(60)
    history.add(score(1, { verdict: 'inconclusive' }), 1, HOP)
    history.add(score(1.5), 1.5, HOP)
    history.add(score(2, { verdict: 'inconclusive' }), 2, HOP)
    expect(history.unjudged).toEqual([
      { start: 0.5, end: 1 },
      { start: 1.5, end: 2 },
    ])
  })

  it('leaves a hole in the lines where scores are missing', () => {
    expect(filled([1, 1.5, 8]).smoothed).toEqual([0.2, 0.2, null, 0.2])
  })
})
