import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Label } from '../labelled-manifest.ts'
import type { Bounds } from './bounds.ts'
import type { ReceiverOperatingCurve, Separation } from './receiver-operating-curve.ts'

export const REPLICATES = 1_000
const SEED = 1

export interface SeparationBounds {
  readonly auc: Bounds
  readonly eer: Bounds
  /** Independent things that were drawn. */
  readonly drawn: { readonly real: number; readonly fake: number }
}

/**
 * 95 % percentile bounds: each class is drawn again from its own groups, with replacement; a group's recordings come
 * and go together. Seeded: the same recordings in the same order give the same bounds.
 * @param groups for each recording its class, and a name that it shares with the recordings that depend on it
 */
export function bootstrap(
  curve: ReceiverOperatingCurve,
  groups: readonly { readonly label: Label; readonly group: string }[],
): SeparationBounds {
  const random = xoroshiro128plus(SEED)
  const classes = { real: membersIn(groups, 'real'), fake: membersIn(groups, 'fake') }
  const drawn: Separation[] = []
  for (let replicate = 0; replicate < REPLICATES; replicate += 1) {
    const weights = new Float64Array(groups.length)
    for (const members of Object.values(classes)) {
      for (let draw = 0; draw < members.length; draw += 1) {
        for (const index of members[uniformInt(random, 0, members.length - 1)]!) weights[index]! += 1
      }
    }
    drawn.push(curve.separation(weights))
  }
  return {
    auc: percentiles(drawn.map(({ auc }) => auc)),
    eer: percentiles(drawn.map(({ eer }) => eer)),
    drawn: { real: classes.real.length, fake: classes.fake.length },
  }
}

/** The indices of each group of a class. */
function membersIn(groups: readonly { label: Label; group: string }[], wanted: Label): number[][] {
  const members = new Map<string, number[]>()
  for (const [index, { label, group }] of groups.entries()) {
    if (label !== wanted) continue
    const known = members.get(group)
    if (known === undefined) members.set(group, [index])
    else known.push(index)
  }
  return [...members.values()]
}

function percentiles(values: readonly number[]): Bounds {
  const sorted = values.toSorted((a, b) => a - b)
  const cut = Math.floor(0.025 * sorted.length)
  return [sorted[cut]!, sorted[sorted.length - 1 - cut]!]
}
