import { VERDICTS, type Verdict } from '../../protocol/events.ts'
import type { Label } from '../labelled-manifest.ts'
import type { Outcome } from './score-recordings.ts'

/** What became of the rows of each label; `inconclusive` and `broken` ones are in no other figure. */
export type VerdictCounts = { readonly [label in Label]: { readonly [verdict in Verdict | 'broken']: number } }

/** By the summary's verdict, which is `fake` where an alert was raised. Rows with an onset are left out. */
export function verdictCounts(outcomes: readonly Outcome[]): VerdictCounts {
  const none = () => Object.fromEntries([...VERDICTS, 'broken'].map((verdict) => [verdict, 0]))
  const counts = { real: none(), fake: none() } as { [label in Label]: { [verdict in Verdict | 'broken']: number } }
  for (const { recording, score } of outcomes) {
    if (recording.onset === undefined) counts[recording.label][score?.summary.verdict ?? 'broken'] += 1
  }
  return counts
}
