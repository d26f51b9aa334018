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
  const errors: number[] = []
  let otherAlerts = 0
  for (const { recording, score } of outcomes) {
    const onset = recording.onset!
    const outOfSight = (recording.end ?? Number.POSITIVE_INFINITY) + windowSeconds
    const alerts = score!.summary.alerts
    const hits = alerts.filter(({ start, end }) => start <= outOfSight && (end ?? Number.POSITIVE_INFINITY) >= onset)
    otherAlerts += alerts.length - hits.length
    if (hits[0] !== undefined) errors.push(hits[0].start - onset)
  }
  const absolute = errors.map(Math.abs)
  return {
    found: rateOf(errors.length, outcomes.length),
    withinOneSecond: rateOf(absolute.filter((error) => error <= 1).length, outcomes.length),
    error: quantilesOf(errors),
    absoluteError: quantilesOf(absolute),
    otherAlerts,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
