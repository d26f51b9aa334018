import type { Judged } from './receiver-operating-curve.ts'

const BINS = 10

/** What was claimed and what was so, for the recordings of one tenth of the scale. */
export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly recordings: number
  /** Means with both classes weighing alike; null where there are no recordings. */
  readonly meanFakeProbability: number | null
  readonly shareFake: number | null
}

export interface Calibration {
  /** Mean |claimed − so| over the bins, by their weight. */
  readonly expectedCalibrationError: number
  /** Mean of −ln of the probability given to what was so; ln 2 = 0.69 for one that always says 0.5. */
  readonly logLoss: number
  readonly bins: readonly ReliabilityBin[]
}

/**
 * How far a fake probability can be taken at its word. Both classes weigh alike, whatever their numbers: that is what
 * a model's calibration is fitted for.
 * @param judged at least one of each label
 */
export function calibrationOf(judged: readonly Judged[]): Calibration {
  const counts = { real: 0, fake: 0 }
  for (const { label } of judged) counts[label] += 1
  const sums = Array.from({ length: BINS }, () => ({ recordings: 0, weight: 0, claimed: 0, fake: 0 }))
  let logLoss = 0
  for (const { label, fakeProbability } of judged) {
    const weight = 0.5 / counts[label]
    const bin = sums[Math.min(BINS - 1, Math.floor(fakeProbability * BINS))]!
    bin.recordings += 1
    bin.weight += weight
    bin.claimed += weight * fakeProbability
    if (label === 'fake') bin.fake += weight
    logLoss -= weight * Math.log(label === 'fake' ? fakeProbability : 1 - fakeProbability)
  }
  return {
    expectedCalibrationError: sums.reduce((total, { claimed, fake }) => total + Math.abs(claimed - fake), 0),
    logLoss,
    bins: sums.map(({ recordings, weight, claimed, fake }, index) => ({
      from: index / BINS,
      to: (index + 1) / BINS,
      recordings,
      meanFakeProbability: recordings === 0 ? null : claimed / weight,
      shareFake: recordings === 0 ? null : fake / weight,
    })),
  }
}
