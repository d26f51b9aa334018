import type { ModelManifest } from '../../scoring/model-manifest.ts'
import type { Scorer } from '../../scoring/scorer.ts'
import { type Quantiles, quantilesOf } from '../bench/spread.ts'
import type { GroupColumn, Label } from '../labelled-manifest.ts'
import { type AlertFigures, alertFigures, foundIn } from './alert-figures.ts'
import { bootstrap, REPLICATES, type SeparationBounds } from './bootstrap.ts'
import { type Calibration, calibrationOf } from './calibration.ts'
import { type DecisionFigures, decisionFigures } from './decision-figures.ts'
import { type GroupFigures, groupFigures } from './group-figures.ts'
import { hasBoth, type JudgedRecording, judgedAmong } from './judged-recording.ts'
import { type Judged, ReceiverOperatingCurve, type Separation } from './receiver-operating-curve.ts'
import type { ChannelFigures } from './robustness.ts'
import type { Outcome } from './score-recordings.ts'
import { type VerdictCounts, verdictCounts } from './verdict-counts.ts'

export const REPORTED_COLUMNS = ['system', 'speaker', 'channel', 'language'] as const satisfies GroupColumn[]

/** All that `earwitness evaluate --json` prints. Rates are shares of 1, times are seconds of audio. */
export interface EvaluationReport {
  readonly manifest: string
  readonly model: { readonly name: string; readonly version: string }
  readonly provider: string
  readonly decision: ModelManifest['decision']
  readonly rules: readonly string[]
  readonly verdicts: VerdictCounts
  readonly atThreshold: DecisionFigures
  /** This and all below that needs both labels is null where one of them has no scores. */
  readonly separation:
    | (Separation & { readonly bounds: SeparationBounds; readonly groupBounds: SeparationBounds })
    | null
  readonly calibration: Calibration | null
  readonly lastWindow: WindowFigures
  readonly allWindows: WindowFigures
  /** When the running verdict became what it stayed, and when the first alert came. */
  readonly verdictSettledAt: { readonly [label in Label]: Quantiles }
  readonly firstAlertAt: { readonly [label in Label]: Quantiles }
  readonly alerts: AlertFigures
  readonly by: { readonly [column in (typeof REPORTED_COLUMNS)[number]]: readonly GroupFigures[] }
  /** Only where channels were asked for. */
  readonly channels?: readonly ChannelFigures[]
  readonly recordings: readonly RecordingRow[]
}

export type WindowFigures = { readonly separation: Separation | null; readonly atThreshold: DecisionFigures }

export interface RecordingRow {
  readonly path: string
  readonly label: Label
  readonly [column: string]: unknown
}

const RULES = [
  'A recording is scored as a stream would be, its channels mixed to one; its score is the mean fake probability of its summary.',
  'It is called fake at or above the threshold of the model; the verdict is the one of its summary.',
  'Inconclusive and broken recordings are counted as such and are in no other figure.',
  'Recordings with an onset are judged by their alerts alone.',
  'Bounds are of 95 %: Wilson for rates, score interval for alerts an hour, ' +
    `${REPLICATES} seeded bootstrap draws for AUC and EER; bounds draws recordings, groupBounds draws fake systems and real speakers (recordings where there are fewer than two of them).`,
  'Calibration error and log loss weigh both labels alike.',
]

export function reportOf(
  manifest: string,
  outcomes: readonly Outcome[],
  scorer: Scorer,
  channels?: readonly ChannelFigures[],
): EvaluationReport {
  const { name, version, decision, input, frontend } = scorer.manifest
  const judged = judgedAmong(outcomes)
  const { threshold } = decision
  const windowSeconds = (input.frames * frontend.hopSamples) / frontend.sampleRate
  return {
    manifest,
    model: { name, version },
    provider: scorer.provider,
    decision,
    rules: RULES,
    verdicts: verdictCounts(outcomes),
    atThreshold: decisionFigures(judged, threshold),
    separation: hasBoth(judged) ? separationOf(judged) : null,
    calibration: hasBoth(judged) ? calibrationOf(judged) : null,
    lastWindow: windowFigures(judged, threshold, (windows) => windows.slice(-1)),
    allWindows: windowFigures(judged, threshold, (windows) => windows),
    verdictSettledAt: times(judged, ({ verdictSettledAt }) => verdictSettledAt),
    firstAlertAt: times(judged, ({ firstAlertAt }) => firstAlertAt),
    alerts: alertFigures(outcomes, windowSeconds),
    by: byColumns(outcomes, threshold),
    ...(channels !== undefined && { channels }),
    recordings: outcomes.map((outcome) => rowOf(outcome, windowSeconds)),
  }
}

function separationOf(judged: readonly JudgedRecording[]): EvaluationReport['separation'] {
  const curve = new ReceiverOperatingCurve(judged)
  const alone = judged.map(({ label }, index) => ({ label, group: String(index) }))
  const grouped = judged.map(({ label, outcome }, index) => {
    const { system, speaker } = outcome.recording.groups
    const group = label === 'fake' ? (system ?? speaker) : speaker
    return { label, group: group === undefined ? `recording ${index}` : `group ${group}` }
  })
  const enough = (wanted: Label) =>
    new Set(grouped.flatMap(({ label, group }) => (label === wanted ? group : []))).size > 1
  const groups = grouped.map((one, index) => (enough(one.label) ? one : alone[index]!))
  return { ...curve.separation(), bounds: bootstrap(curve, alone), groupBounds: bootstrap(curve, groups) }
}

function windowFigures(
  recordings: readonly JudgedRecording[],
  threshold: number,
  choose: (windows: readonly number[]) => readonly number[],
): WindowFigures {
  const judged: Judged[] = recordings.flatMap(({ label, windowFakeProbabilities }) =>
    choose(windowFakeProbabilities).map((fakeProbability) => ({ label, fakeProbability })),
  )
  return {
    separation: hasBoth(judged) ? new ReceiverOperatingCurve(judged).separation() : null,
    atThreshold: decisionFigures(judged, threshold),
  }
}

type TimeOf = (score: NonNullable<Outcome['score']>) => number | null

function times(judged: readonly JudgedRecording[], timeOf: TimeOf): { readonly [label in Label]: Quantiles } {
  const of = (wanted: Label) =>
    quantilesOf(judged.flatMap(({ label, outcome }) => (label === wanted ? (timeOf(outcome.score!) ?? []) : [])))
  return { real: of('real'), fake: of('fake') }
}

function byColumns(outcomes: readonly Outcome[], threshold: number): EvaluationReport['by'] {
  const by = (column: GroupColumn) => groupFigures(outcomes, column, threshold)
  return { system: by('system'), speaker: by('speaker'), channel: by('channel'), language: by('language') }
}

function rowOf(outcome: Outcome, windowSeconds: number): RecordingRow {
  const { recording, score, broken } = outcome
  const { path, label, groups, onset, end } = recording
  const row = { path, label, ...groups, ...(onset !== undefined && { onset }), ...(end !== undefined && { end }) }
  if (score === undefined) return { ...row, verdict: 'broken', broken }
  const { summary, windowFakeProbabilities, verdictSettledAt, firstAlertAt } = score
  const { verdict, reason, meanFakeProbability, peakFakeProbability, duration, speechSeconds, scored } = summary
  const { alerts, strongestEvidence } = summary
  return {
    ...row,
    verdict,
    ...(reason !== undefined && { reason }),
    meanFakeProbability,
    lastWindowFakeProbability: windowFakeProbabilities.at(-1) ?? null,
    peakFakeProbability,
    duration,
    speechSeconds,
    scored,
    verdictSettledAt,
    firstAlertAt,
    alerts,
    ...(strongestEvidence && { strongestEvidence }),
    ...(onset !== undefined && foundIn(outcome, windowSeconds)),
  }
}
