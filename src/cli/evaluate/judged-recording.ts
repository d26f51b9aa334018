import type { Judged } from './receiver-operating-curve.ts'
import type { Outcome } from './score-recordings.ts'

/** A recording with a label for the whole of it and a score. */
export interface JudgedRecording extends Judged {
  readonly outcome: Outcome
  readonly windowFakeProbabilities: readonly number[]
}

/**
 * Those that figures are made of. The score of a recording is the mean fake probability of its summary. Broken and
 * inconclusive ones have none; one with an onset is judged by its alerts alone, since most of it is human.
 */
export function judgedAmong(outcomes: readonly Outcome[]): JudgedRecording[] {
  return outcomes.flatMap((outcome) => {
    const { recording, score } = outcome
    const fakeProbability = score?.summary.meanFakeProbability ?? null
    if (score === undefined || fakeProbability === null || recording.onset !== undefined) return []
    const { windowFakeProbabilities } = score
    return [{ outcome, label: recording.label, fakeProbability, windowFakeProbabilities }]
  })
}

export function hasBoth(judged: readonly Judged[]): boolean {
  return judged.some(({ label }) => label === 'fake') && judged.some(({ label }) => label === 'real')
}
