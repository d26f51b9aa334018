import type { Label } from '../labelled-manifest.ts'

/** One judged recording, reduced to what figures are made of. */
export interface Judged {
  readonly label: Label
  readonly fakeProbability: number
}

/** Where one threshold lands: both shares are of 1. */
export interface OperatingPoint {
  /** Recordings at or above it are called fake. */
  readonly threshold: number
  readonly falseAlarmRate: number
  readonly missRate: number
}

export interface Separation {
  /** How often a fake recording scores higher than a real one; ties count half. */
  readonly auc: number
  /** The rate at which as many of the real are called fake as of the fake real. */
  readonly eer: number
  /** The score at which that is so. */
  readonly eerThreshold: number
}

/** Recordings of one score, which no threshold tells apart. */
interface Tie {
  readonly fakeProbability: number
  readonly real: readonly number[]
  readonly fake: readonly number[]
}

/**
 * The receiver operating curve of scored recordings, made once and asked with other weights as often as a bootstrap
 * wants: its points are joined by straight lines, so that AUC is Mann and Whitney's and the EER needs no rule for ties.
 */
export class ReceiverOperatingCurve {
  readonly #ties: readonly Tie[]
  readonly #ones: Float64Array

  /** @param judged at least one of each label */
  constructor(judged: readonly Judged[]) {
    this.#ones = new Float64Array(judged.length).fill(1)
    const order = judged.map((_, index) => index)
    order.sort((a, b) => judged[b]!.fakeProbability - judged[a]!.fakeProbability)
    const ties: { fakeProbability: number; real: number[]; fake: number[] }[] = []
    for (const index of order) {
      const { label, fakeProbability } = judged[index]!
      if (ties.at(-1)?.fakeProbability !== fakeProbability) ties.push({ fakeProbability, real: [], fake: [] })
      ties.at(-1)![label].push(index)
    }
    this.#ties = ties
  }

  /** From the threshold that calls nothing fake to the one that calls everything so. */
  points(weights: Float64Array = this.#ones): OperatingPoint[] {
    const points: OperatingPoint[] = [{ threshold: Number.POSITIVE_INFINITY, falseAlarmRate: 0, missRate: 1 }]
    const sums = this.#ties.map(({ real, fake }) => ({ real: sumOf(real, weights), fake: sumOf(fake, weights) }))
    const allReal = sums.reduce((total, { real }) => total + real, 0)
    const allFake = sums.reduce((total, { fake }) => total + fake, 0)
    let alarms = 0
    let found = 0
    for (const [index, { fakeProbability }] of this.#ties.entries()) {
      alarms += sums[index]!.real
      found += sums[index]!.fake
      points.push({
        threshold: fakeProbability,
        falseAlarmRate: alarms / allReal,
        missRate: (allFake - found) / allFake,
      })
    }
    return points
  }

  /** @param weights how often each recording counts, in the order in which they were given */
  separation(weights?: Float64Array): Separation {
    const points = this.points(weights)
    let auc = 0
    for (let index = 1; index < points.length; index += 1) {
      const [before, after] = [points[index - 1]!, points[index]!]
      auc += ((after.falseAlarmRate - before.falseAlarmRate) * (2 - before.missRate - after.missRate)) / 2
    }
    return { auc, ...crossingOf(points) }
  }
}

function crossingOf(points: readonly OperatingPoint[]): { eer: number; eerThreshold: number } {
  const index = points.findIndex(({ falseAlarmRate, missRate }) => falseAlarmRate >= missRate)
  const [before, after] = [points[index - 1]!, points[index]!]
  const short = before.missRate - before.falseAlarmRate
  const beyond = after.falseAlarmRate - after.missRate
  const along = short / (short + beyond)
  const eer = before.falseAlarmRate + along * (after.falseAlarmRate - before.falseAlarmRate)
  return { eer, eerThreshold: after.threshold }
}

function sumOf(indices: readonly number[], weights: Float64Array): number {
  let sum = 0
  for (const index of indices) sum += weights[index]!
  return sum
}
