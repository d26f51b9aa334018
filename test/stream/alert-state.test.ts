import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AlertChange, AlertState } from '../../src/stream/alert-state.ts'

const THRESHOLDS = { raise: 0.8, clear: 0.5 }

/** Pushes one probability every half second from 1.0 s on; returns the changes with the times at which they came. */
function changesOf(probabilities: readonly number[], state = new AlertState(THRESHOLDS)) {
  return probabilities.flatMap((probability, window): (AlertChange & { at: number })[] => {
    const at = 1 + window * 0.5
    const change = state.push(probability, at)
    return change === undefined ? [] : [{ ...change, at }]
  })
}

describe('the alert', () => {
  it('is raised once the probability has stood at the threshold for a second, with the onset where that began', () => {
    expect(changesOf([0.1, 0.8, 0.8, 0.8])).toEqual([{ state: 'raised', onset: 1.5, at: 2.5 }])
  })

  it('is not raised by less than a second', () => {
    expect(changesOf([0.9, 0.9, 0.1])).toEqual([])
  })

  it('counts anew after the probability fell below the threshold', () => {
    expect(changesOf([0.9, 0.9, 0.79, 0.9, 0.9, 0.9])).toEqual([{ state: 'raised', onset: 2.5, at: 3.5 }])
  })

  it('stands while the probability is between the two thresholds', () => {
    expect(changesOf([0.9, 0.9, 0.9, 0.6, 0.5, 0.7, 0.9])).toHaveLength(1)
  })

  it('is cleared below the lower threshold, with the onset of what ended', () => {
    expect(changesOf([0.9, 0.9, 0.9, 0.49])[1]).toEqual({ state: 'cleared', onset: 1, at: 2.5 })
  })

  it('is raised again after it was cleared', () => {
    expect(changesOf([0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9]).map(({ state }) => state)).toEqual([
      'raised',
      'cleared',
      'raised',
    ])
  })

  it('begins where evidence says that the fake began, before the probability stood high', () => {
    const state = new AlertState(THRESHOLDS)
    expect([5, 5.5, 6].map((at) => state.push(0.9, at, () => 3.25))).toEqual([
      undefined,
      undefined,
      { state: 'raised', onset: 3.25 },
    ])
    expect(state.stretches()[0]!.start).toBe(3.25)
  })

  it('begins no later than the probability stood high, and no earlier than the alert before it ended', () => {
    const state = new AlertState(THRESHOLDS)
    const onsets = [0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9].flatMap((probability, window) => {
      const change = state.push(probability, 1 + window * 0.5, () => (window < 3 ? 1.75 : 0.5))
      return change?.state === 'raised' ? change.onset : []
    })
    expect(onsets).toEqual([1, 2.5])
  })

  it('is raised and cleared in turns, whatever the probabilities', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (probabilities) => {
        const states = changesOf(probabilities).map(({ state }) => state)
        expect(states).toEqual(states.map((_, at) => (at % 2 === 0 ? 'raised' : 'cleared')))
      }),
    )
  })
})

describe('the stretches under alert', () => {
  it('are none before the first alert', () => {
    const state = new AlertState(THRESHOLDS)
    changesOf([0.9, 0.9], state)
    expect(state.stretches()).toEqual([])
  })

  it('end where the alert was cleared, and keep the highest probability since the onset', () => {
    const state = new AlertState(THRESHOLDS)
    changesOf([0.1, 0.95, 0.9, 0.9, 0.85, 0.2], state)
    expect(state.stretches()).toEqual([{ start: 1.5, end: 3.5, peakFakeProbability: 0.95 }])
  })

  it('have no end while the alert stands', () => {
    const state = new AlertState(THRESHOLDS)
    changesOf([0.9, 0.9, 0.9, 0.97], state)
    expect(state.stretches()).toEqual([{ start: 1, end: null, peakFakeProbability: 0.97 }])
  })

  it('do not take the peak of a rise that came to nothing', () => {
    const state = new AlertState(THRESHOLDS)
    changesOf([0.99, 0.1, 0.9, 0.9, 0.9], state)
    expect(state.stretches()[0]!.peakFakeProbability).toBe(0.9)
  })

  it('come in order, the running one last', () => {
    const state = new AlertState(THRESHOLDS)
    changesOf([0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9], state)
    expect(state.stretches().map(({ start, end }) => [start, end])).toEqual([
      [1, 2.5],
      [3, null],
    ])
  })
})
