import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bootstrap } from '../../../src/cli/evaluate/bootstrap.ts'
import { frequencyBounds, rateOf } from '../../../src/cli/evaluate/bounds.ts'
import { calibrationOf } from '../../../src/cli/evaluate/calibration.ts'
import { decisionFigures } from '../../../src/cli/evaluate/decision-figures.ts'
import { type Judged, ReceiverOperatingCurve } from '../../../src/cli/evaluate/receiver-operating-curve.ts'

interface Golden {
  readonly cases: readonly {
    readonly name: string
    readonly judged: readonly Judged[]
    readonly threshold: number
    readonly figures: Readonly<Record<string, number | { count: number; of: number; rate: number; bounds: number[] }>>
  }[]
  readonly frequencies: readonly { count: number; time: number; bounds: [number, number] }[]
}

const golden: Golden = JSON.parse(readFileSync(new URL('../../golden/metrics.json', import.meta.url), 'utf8'))

/** Every number of it to 1e-9. */
function close(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 9)
  if (Array.isArray(value)) return value.map(close)
  return Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, close(part)]))
}

const oneOf = (label: Judged['label']) =>
  fc.integer({ min: 1, max: 99 }).map((n) => ({ label, fakeProbability: n / 100 }))
/** A few of each, with ties. */
const judgedOfBoth = fc
  .tuple(
    fc.array(oneOf('real'), { minLength: 1, maxLength: 30 }),
    fc.array(oneOf('fake'), { minLength: 1, maxLength: 30 }),
  )
  .map(([real, fake]): Judged[] => [...real, ...fake])

const separationOf = (judged: readonly Judged[]) => new ReceiverOperatingCurve(judged).separation()
const changed = (judged: readonly Judged[], change: (one: Judged) => Judged) => judged.map(change)
const otherLabel = ({ label, fakeProbability }: Judged): Judged => ({
  label: label === 'fake' ? 'real' : 'fake',
  fakeProbability,
})

describe("figures are scikit-learn's, SciPy's and statsmodels'", () => {
  it.each(golden.cases.map((one) => [one.name, one] as const))(
    'where there are %s',
    (_, { judged, threshold, figures }) => {
      const { auc, eer } = separationOf(judged)
      const { expectedCalibrationError, logLoss } = calibrationOf(judged)
      const { accuracy, precision, recall, f1, falseAlarms, misses } = decisionFigures(judged, threshold)
      const ours = { accuracy, precision, recall, f1, falseAlarms, misses, auc, eer, logLoss, expectedCalibrationError }
      expect(ours).toEqual(close(figures))
    },
  )

  it.each(golden.frequencies)('for $count events in $time', ({ count, time, bounds }) => {
    expect(frequencyBounds(count, time)).toEqual(close(bounds))
  })
})

describe('AUC and EER', () => {
  it('do not change under a monotone change of the scores', () => {
    const stretched = ({ label, fakeProbability }: Judged) => ({
      label,
      fakeProbability: Math.exp(9 * fakeProbability),
    })
    fc.assert(
      fc.property(judgedOfBoth, (judged) => {
        const { auc, eer } = separationOf(judged)
        expect(separationOf(changed(judged, stretched))).toMatchObject({ auc, eer })
      }),
    )
  })

  it('have the threshold at which both kinds of error are equally frequent, wherever there is one', () => {
    const sizes = fc
      .integer({ min: 2, max: 60 })
      .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: size - 1 })))
    fc.assert(
      fc.property(sizes, ([size, wrong]) => {
        const some = (label: Judged['label'], count: number, from: number): Judged[] =>
          Array.from({ length: count }, (_, at) => ({ label, fakeProbability: from + at / 1000 }))
        const above = [...some('real', wrong, 0.7), ...some('fake', size - wrong, 0.8)]
        const below = [...some('fake', wrong, 0.2), ...some('real', size - wrong, 0.1)]
        const { eer, eerThreshold } = separationOf([...above, ...below])
        expect([eer, eerThreshold]).toEqual([expect.closeTo(wrong / size, 9), 0.7])
      }),
    )
  })

  it('become their opposites where the labels are swapped', () => {
    fc.assert(
      fc.property(judgedOfBoth, (judged) => {
        const { auc, eer } = separationOf(judged)
        const swapped = separationOf(changed(judged, otherLabel))
        expect(swapped.auc).toBeCloseTo(1 - auc, 9)
        expect(swapped.eer).toBeCloseTo(1 - eer, 9)
      }),
    )
  })

  it('stay where labels are swapped and scores turned', () => {
    fc.assert(
      fc.property(judgedOfBoth, (judged) => {
        const turned = changed(judged, (one) => ({ ...otherLabel(one), fakeProbability: 1 - one.fakeProbability }))
        const [before, after] = [separationOf(judged), separationOf(turned)]
        expect(after.auc).toBeCloseTo(before.auc, 9)
        expect(after.eer).toBeCloseTo(before.eer, 9)
      }),
    )
  })

  it('are the same for any order of the recordings, and for all of them twice', () => {
    fc.assert(
      fc.property(judgedOfBoth, (judged) => {
        const { auc, eer } = separationOf(judged)
        const again = separationOf([...judged, ...judged.toReversed()])
        expect(again.auc).toBeCloseTo(auc, 9)
        expect(again.eer).toBeCloseTo(eer, 9)
      }),
    )
  })

  it('weigh a recording as often as its weight says', () => {
    fc.assert(
      fc.property(judgedOfBoth, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (judged, stream) => {
        const weights = judged.map(() => stream.next().value as number)
        const repeated = judged.flatMap((one, index) => new Array<Judged>(weights[index]!).fill(one))
        const weighed = new ReceiverOperatingCurve(judged).separation(Float64Array.from(weights))
        expect(weighed.auc).toBeCloseTo(separationOf(repeated).auc, 9)
        expect(weighed.eer).toBeCloseTo(separationOf(repeated).eer, 9)
      }),
    )
  })
})

describe('the points of the curve', () => {
  it('only move towards more false alarms and fewer misses, and say what a threshold does', () => {
    fc.assert(
      fc.property(judgedOfBoth, (judged) => {
        const points = new ReceiverOperatingCurve(judged).points()
        for (const [index, point] of points.entries()) {
          const { falseAlarms, misses } = decisionFigures(judged, point.threshold)
          expect(point.falseAlarmRate).toBeCloseTo(falseAlarms.rate!, 9)
          expect(point.missRate).toBeCloseTo(misses.rate!, 9)
          expect(point.falseAlarmRate).toBeGreaterThanOrEqual(points[index - 1]?.falseAlarmRate ?? 0)
        }
      }),
    )
  })
})

describe('the bounds', () => {
  it('of a rate hold it, and widen with fewer recordings', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 50 }), (hits, rest) => {
        const [few, many] = [rateOf(hits, hits + rest), rateOf(10 * hits, 10 * (hits + rest))]
        expect(few.bounds![0]).toBeLessThanOrEqual(few.rate!)
        expect(few.bounds![1]).toBeGreaterThanOrEqual(few.rate!)
        expect(few.bounds![1] - few.bounds![0]).toBeGreaterThan(many.bounds![1] - many.bounds![0])
      }),
    )
  })

  it('of nothing are nothing', () => {
    expect(rateOf(0, 0)).toEqual({ count: 0, of: 0, rate: null, bounds: null })
  })

  it('of a bootstrap hold the figure, come out the same again, and widen where recordings hang together', () => {
    const { judged } = golden.cases[0]!
    const curve = new ReceiverOperatingCurve(judged)
    const alone = judged.map(({ label }, index) => ({ label, group: String(index) }))
    const inFives = judged.map(({ label, fakeProbability }) => ({
      label,
      group: String(Math.round(fakeProbability * 12)),
    }))
    const [first, again, wide] = [bootstrap(curve, alone), bootstrap(curve, alone), bootstrap(curve, inFives)]
    const { auc, eer } = curve.separation()
    expect(first).toEqual(again)
    expect(first.drawn).toEqual({ real: 60, fake: 60 })
    expect(wide.drawn.real).toBeLessThanOrEqual(13)
    for (const [figure, [low, high], [lower, higher]] of [
      [auc, first.auc, wide.auc],
      [eer, first.eer, wide.eer],
    ] as const) {
      expect(low).toBeLessThan(figure)
      expect(high).toBeGreaterThan(figure)
      expect(higher - lower).toBeGreaterThan(high - low)
    }
  })
})
