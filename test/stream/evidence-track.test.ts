import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EvidenceTrack } from '../../src/stream/evidence-track.ts'

const STEP = 0.25

/** Windows of some stretches each, as a track gets them: each begins where the one before did, or later. */
const windows = fc
  .array(
    fc.record({
      later: fc.nat(3),
      values: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((steps) => {
    let first = 0
    return steps.map(({ later, values }) => {
      first += later
      return { first, values }
    })
  })

function trackOf(all: readonly { first: number; values: readonly number[] }[]): EvidenceTrack {
  const track = new EvidenceTrack()
  for (const { first, values } of all) track.push({ start: first * STEP, step: STEP, fakeEvidence: [...values] })
  return track
}

/** The largest sum over all runs of the stretches' means, tried one by one. */
function largestSum(all: readonly { first: number; values: readonly number[] }[], reaching = 0): number {
  const said = new Map<number, number[]>()
  for (const { first, values } of all) {
    for (const [index, value] of values.entries()) {
      said.set(first + index, [...(said.get(first + index) ?? []), value])
    }
  }
  const end = Math.max(...said.keys()) + 1
  const means = Array.from({ length: end }, (_, stretch) => {
    const values = said.get(stretch) ?? [0]
    return values.reduce((sum, value) => sum + value, 0) / values.length
  })
  let largest = 0
  for (let from = 0; from < end; from += 1) {
    let sum = 0
    for (let to = from; to < end; to += 1) {
      sum += means[to]!
      if (to >= reaching) largest = Math.max(largest, sum)
    }
  }
  return largest
}

describe('the strongest run of evidence', () => {
  it('is where stretches speak for fake together, by the mean of what windows said of each', () => {
    const track = trackOf([
      { first: 0, values: [-0.5, 0.2, -0.5, 0.4] },
      { first: 2, values: [-0.5, 0.8, 0.9, -0.1, -0.2] },
    ])
    expect(track.strongest()).toEqual({ start: 0.75, end: 1.25, fakeEvidence: 1.5 })
  })

  it('is none where nothing speaks for fake', () => {
    expect(trackOf([{ first: 3, values: [-0.1, 0, -2] }]).strongest()).toBeUndefined()
    expect(new EvidenceTrack().strongest()).toBeUndefined()
  })

  it('has the largest sum of all runs, of any windows', () => {
    fc.assert(
      fc.property(windows, (all) => {
        expect(trackOf(all).strongest()?.fakeEvidence ?? 0).toBeCloseTo(largestSum(all), 3)
      }),
    )
  })

  it('reaches into the newest window where that is asked, however far back it began', () => {
    fc.assert(
      fc.property(windows, (all) => {
        const reaching = all.at(-1)!.first
        expect(trackOf(all).strongestNow()?.fakeEvidence ?? 0).toBeCloseTo(largestSum(all, reaching), 3)
      }),
    )
    const early = trackOf([
      { first: 0, values: [2, 2, -9] },
      { first: 3, values: [0.1, 0.2] },
    ])
    expect(early.strongest()).toMatchObject({ start: 0, end: 0.5 })
    expect(early.strongestNow()).toMatchObject({ start: 0.75, end: 1.25 })
  })
})
