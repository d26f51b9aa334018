import { from, lastValueFrom, mergeMap, tap, toArray } from 'rxjs'
import { type OpenedAudio, openAudioFile } from '../../audio/open-audio.ts'
import { loadFft } from '../../dsp/fft.ts'
import type { Scorer } from '../../scoring/scorer.ts'
import { failureInWords } from '../failure-words.ts'
import type { LabelledRecording } from '../labelled-manifest.ts'
import { type RecordingScore, scoreRecording } from '../recording-score.ts'

/** A row of the manifest, and what came of it. */
export interface Outcome {
  readonly recording: LabelledRecording
  /** Absent where the recording is broken. */
  readonly score?: RecordingScore
  /** Why it has no score. */
  readonly broken?: string
}

/**
 * For the scorer: windows go through the model one by one, since the company in a batch moves a logit by a few 1e-6,
 * and the same recording shall have the same score in any manifest, and the one that `earwitness watch` gives.
 */
export const ONE_BY_ONE = { maxBatch: 1, maxWaitMs: 0 } as const

/** Files at once: while the model has a window of one, others are read and turned into frames. */
const AT_ONCE = 8

export interface ScoringOptions {
  readonly onOutcome?: () => void
  readonly atOnce?: number
  /** Opens the audio of a file; as it is without it. */
  readonly open?: (file: string) => Promise<OpenedAudio>
}

/** Scores all of them, several at once; the outcomes are in the order of the recordings. Never rejects for a recording. */
export async function scoreRecordings(
  recordings: readonly LabelledRecording[],
  scorer: Scorer,
  { onOutcome = () => {}, atOnce = AT_ONCE, open = openAudioFile }: ScoringOptions = {},
): Promise<Outcome[]> {
  const fft = await loadFft()
  const outcomeOf = async (recording: LabelledRecording): Promise<Outcome> => {
    try {
      return { recording, score: await scoreRecording(await open(recording.file), scorer, fft) }
    } catch (thrown) {
      return { recording, broken: failureInWords(thrown) }
    }
  }
  const outcomes = from(recordings.entries()).pipe(
    mergeMap(async ([index, recording]) => ({ index, outcome: await outcomeOf(recording) }), atOnce),
    tap(onOutcome),
    toArray(),
  )
  return (await lastValueFrom(outcomes)).sort((a, b) => a.index - b.index).map(({ outcome }) => outcome)
}
