import { EarwitnessError } from '../../protocol/errors.ts'
import { limitsWith } from '../../protocol/limits.ts'
import { LocalScorer } from '../../scoring/local-scorer.ts'
import { judgedAmong } from '../evaluate/judged-recording.ts'
import { ReceiverOperatingCurve } from '../evaluate/receiver-operating-curve.ts'
import { ONE_BY_ONE, type Outcome, scoreRecordings } from '../evaluate/score-recordings.ts'
import type { LabelledRecording } from '../labelled-manifest.ts'

export interface Polarity {
  /** How often a fake recording scores higher than a real one: 1 always, 0.5 by chance, 0 never. */
  readonly auc: number
  readonly fake: number
  readonly real: number
  /** Recordings without a score: inconclusive or broken. */
  readonly skipped: number
}

/** Scores labelled audio with a model, as a server would. @throws EarwitnessError `bad_parameter` without scores of both kinds */
export async function polarityOn(recordings: readonly LabelledRecording[], folder: string): Promise<Polarity> {
  const outcomes = await outcomesOf(recordings, folder)
  const judged = judgedAmong(outcomes)
  const fake = judged.filter(({ label }) => label === 'fake').length
  const real = judged.length - fake
  if (fake === 0 || real === 0) {
    const broken = outcomes.find((outcome) => outcome.broken !== undefined)?.broken
    const why = broken === undefined ? '' : `; one of them: ${broken}`
    throw new EarwitnessError('bad_parameter', `--data: no scores of both kinds: ${fake} fake, ${real} real${why}`)
  }
  const { auc } = new ReceiverOperatingCurve(judged).separation()
  return { auc, fake, real, skipped: outcomes.length - judged.length }
}

async function outcomesOf(recordings: readonly LabelledRecording[], folder: string): Promise<Outcome[]> {
  const scorer = await LocalScorer.open(folder, { ...ONE_BY_ONE, scoringSeconds: limitsWith().scoringSeconds })
  try {
    return await scoreRecordings(recordings, scorer)
  } finally {
    await scorer.close()
  }
}
