import type { GroupColumn, Label } from '../labelled-manifest.ts'
import type { Rate } from './bounds.ts'
import { decisionFigures } from './decision-figures.ts'
import { hasBoth, type JudgedRecording, judgedAmong } from './judged-recording.ts'
import { ReceiverOperatingCurve } from './receiver-operating-curve.ts'
import type { Outcome } from './score-recordings.ts'
import { type VerdictCounts, verdictCounts } from './verdict-counts.ts'

/** One system, speaker, channel or language. */
export interface GroupFigures {
  readonly name: string
  readonly verdicts: VerdictCounts
  readonly falseAlarms: Rate
  readonly misses: Rate
  /** Of its own recordings; where it has one class only, against all of the other class. */
  readonly auc: number | null
  readonly eer: number | null
}

/** Figures for each value of a column, by name; none where the manifest has no such column. */
export function groupFigures(outcomes: readonly Outcome[], column: GroupColumn, threshold: number): GroupFigures[] {
  const nameOf = ({ recording }: Outcome) => recording.groups[column]
  const names = new Set(outcomes.flatMap((outcome) => nameOf(outcome) ?? []))
  const all = judgedAmong(outcomes)
  return [...names].sort().map((name) => {
    const own = all.filter(({ outcome }) => nameOf(outcome) === name)
    const { falseAlarms, misses } = decisionFigures(own, threshold)
    const compared = withOpponents(own, all)
    const { auc, eer } = hasBoth(compared)
      ? new ReceiverOperatingCurve(compared).separation()
      : { auc: null, eer: null }
    const verdicts = verdictCounts(outcomes.filter((outcome) => nameOf(outcome) === name))
    return { name, verdicts, falseAlarms, misses, auc, eer }
  })
}

function withOpponents(own: readonly JudgedRecording[], all: readonly JudgedRecording[]): readonly JudgedRecording[] {
  if (own.length === 0 || hasBoth(own)) return own
  const missing: Label = own[0]!.label === 'fake' ? 'real' : 'fake'
  return [...own, ...all.filter(({ label }) => label === missing)]
}
