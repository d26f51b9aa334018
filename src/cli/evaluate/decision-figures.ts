import { type Rate, rateOf } from './bounds.ts'
import type { Judged } from './receiver-operating-curve.ts'

/** What one threshold gives. `fake` is the positive class. */
export interface DecisionFigures {
  readonly threshold: number
  readonly accuracy: number | null
  /** null where nothing was called fake. */
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  /** Real recordings called fake, of all real ones. */
  readonly falseAlarms: Rate
  /** Fake recordings called real, of all fake ones. */
  readonly misses: Rate
}

/** A recording is called fake at or above the threshold. */
export function decisionFigures(judged: readonly Judged[], threshold: number): DecisionFigures {
  const counts = { real: { alarms: 0, all: 0 }, fake: { alarms: 0, all: 0 } }
  for (const { label, fakeProbability } of judged) {
    counts[label].all += 1
    if (fakeProbability >= threshold) counts[label].alarms += 1
  }
  const { real, fake } = counts
  const misses = fake.all - fake.alarms
  return {
    threshold,
    accuracy: share(real.all - real.alarms + fake.alarms, real.all + fake.all),
    precision: share(fake.alarms, real.alarms + fake.alarms),
    recall: share(fake.alarms, fake.all),
    f1: share(2 * fake.alarms, 2 * fake.alarms + real.alarms + misses),
    falseAlarms: rateOf(real.alarms, real.all),
    misses: rateOf(misses, fake.all),
  }
}

function share(count: number, of: number): number | null {
  return of === 0 ? null : count / of
}
