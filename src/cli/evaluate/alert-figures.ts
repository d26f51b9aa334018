import type { ChannelSummary } from '../../protocol/events.ts'
import { type Quantiles, quantilesOf } from '../bench/spread.ts'
import { type Bounds, frequencyBounds, type Rate, rateOf } from './bounds.ts'
import type { Outcome } from './score-recordings.ts'

/** What people who listen would be told, and when. */
export interface AlertFigures {
  /** Alerts on human recordings. */
  readonly human: {
    readonly alerts: number
    readonly hours: number
    readonly speechHours: number
    readonly perSpeechHour: number | null
    readonly bounds: Bounds | null
  }
  /** Fake recordings with an alert, of all that were judged. */
  readonly found: Rate
  /** Only where the manifest has onsets. */
  readonly onsets?: OnsetFigures
}

export interface OnsetFigures {
  /** Recordings with an alert that overlaps the fake. */
  readonly found: Rate
  readonly withinOneSecond: Rate
  /** Seconds from the true onset to the alert's, of the found ones: above 0 is late. */
  readonly error: Quantiles
  readonly absoluteError: Quantiles
  /** Alerts beside the fake. */
  readonly otherAlerts: number
  /** Of the strongest evidence, whether or not there was an alert; only of models that give evidence. */
  readonly evidence?: EvidenceFigures
  /** Recordings with an alert or the strongest evidence within a second of the true onset. */
  readonly eitherWithinOneSecond: Rate
}

export interface EvidenceFigures {
  readonly withinOneSecond: Rate
  readonly error: Quantiles
  readonly absoluteError: Quantiles
}

/** @param windowSeconds how long a fake stays in sight after its end */
export function alertFigures(outcomes: readonly Outcome[], windowSeconds: number): AlertFigures {
  const real = outcomes.flatMap(({ recording, score }) => (score && recording.label === 'real' ? score.summary : []))
  const fake = outcomes.flatMap(({ recording, score }) =>
    score && score.summary.scored > 0 && recording.label === 'fake' && recording.onset === undefined
      ? score.summary
      : [],
  )
  const onsets = outcomes.filter(({ recording, score }) => recording.onset !== undefined && score !== undefined)
  const found = fake.filter(({ alerts }) => alerts.length > 0).length
  return {
    human: humanFigures(real),
    found: rateOf(found, fake.length),
    ...(onsets.length > 0 && { onsets: onsetFigures(onsets, windowSeconds) }),
  }
}

function humanFigures(summaries: readonly ChannelSummary[]): AlertFigures['human'] {
  const alerts = sum(summaries.map((summary) => summary.alerts.length))
  const hours = sum(summaries.map(({ duration }) => duration)) / 3600
  const speechHours = sum(summaries.map(({ speechSeconds }) => speechSeconds)) / 3600
  const [perSpeechHour, bounds] =
    speechHours === 0 ? [null, null] : [alerts / speechHours, frequencyBounds(alerts, speechHours)]
  return { alerts, hours, speechHours, perSpeechHour, bounds }
}

function onsetFigures(outcomes: readonly Outcome[], windowSeconds: number): OnsetFigures {
  const found = outcomes.map((outcome) => foundIn(outcome, windowSeconds))
  const ofAlerts = found.flatMap(({ alertError }) => alertError ?? [])
  const ofEvidence = found.flatMap(({ evidenceError }) => evidenceError ?? [])
  const either = found.filter((one) => isNear(one.alertError) || isNear(one.evidenceError)).length
  return {
    found: rateOf(ofAlerts.length, outcomes.length),
    ...placed(ofAlerts, outcomes.length),
    otherAlerts: sum(found.map(({ otherAlerts }) => otherAlerts)),
    ...(ofEvidence.length > 0 && { evidence: placed(ofEvidence, outcomes.length) }),
    eitherWithinOneSecond: rateOf(either, outcomes.length),
  }
}

/** Of one recording with an onset. */
export interface Found {
  /** Seconds from the true onset: above 0 is late. */
  readonly alertError: number | undefined
  readonly evidenceError: number | undefined
  readonly otherAlerts: number
}

/** @param windowSeconds how long a fake stays in sight after its end */
export function foundIn({ recording, score }: Outcome, windowSeconds: number): Found {
  const onset = recording.onset!
  const outOfSight = (recording.end ?? Number.POSITIVE_INFINITY) + windowSeconds
  const { alerts, strongestEvidence } = score!.summary
  const hits = alerts.filter(({ start, end }) => start <= outOfSight && (end ?? Number.POSITIVE_INFINITY) >= onset)
  return {
    alertError: hits[0] && hits[0].start - onset,
    evidenceError: strongestEvidence && strongestEvidence.start - onset,
    otherAlerts: alerts.length - hits.length,
  }
}

function placed(errors: readonly number[], of: number): EvidenceFigures {
  return {
    withinOneSecond: rateOf(errors.filter(isNear).length, of),
    error: quantilesOf(errors),
    absoluteError: quantilesOf(errors.map(Math.abs)),
  }
}

function isNear(error: number | undefined): boolean {
  return error !== undefined && Math.abs(error) <= 1
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
