import type { Quantiles } from '../bench/spread.ts'
import type { AlertFigures, OnsetFigures } from './alert-figures.ts'
import type { Bounds, Rate } from './bounds.ts'
import type { GroupFigures } from './group-figures.ts'
import { type EvaluationReport, REPORTED_COLUMNS } from './report.ts'
import type { Movement } from './robustness.ts'

/** A group of more is told by its worst. */
const MOST_ROWS = 20

/** The report as lines for a person. */
export function reportInWords(report: EvaluationReport): string {
  const { model, provider, manifest } = report
  const sections = [
    [`${model.name} ${model.version} on ${provider}, ${manifest}`],
    verdictLines(report),
    separationLines(report),
    decisionLines(report),
    timeLines(report),
    alertLines(report.alerts),
    ...REPORTED_COLUMNS.map((column) => groupLines(column, report.by[column])),
    channelLines(report),
    brokenLines(report),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function verdictLines({ verdicts }: EvaluationReport): string[] {
  const kinds = Object.keys(verdicts.real) as (keyof typeof verdicts.real)[]
  return table([
    ['verdict', ...kinds],
    ...(['real', 'fake'] as const).map((label) => [
      `${label} recordings`,
      ...kinds.map((kind) => `${verdicts[label][kind]}`),
    ]),
  ])
}

function separationLines({ separation, calibration, lastWindow }: EvaluationReport): string[] {
  if (separation === null || calibration === null) return ['AUC, EER and calibration need scores of both labels.']
  const { eer, auc, eerThreshold, bounds, groupBounds } = separation
  const { drawn } = groupBounds
  const grouped = drawn.real < bounds.drawn.real || drawn.fake < bounds.drawn.fake
  const rows = [
    ['EER', percent(eer), within(bounds.eer, percent), `at ${eerThreshold.toFixed(3)}`],
    ['AUC', auc.toFixed(4), within(bounds.auc, (value) => value.toFixed(4)), ''],
  ]
  if (grouped) {
    rows[0]!.push(`${within(groupBounds.eer, percent)} over ${drawn.real} human and ${drawn.fake} fake groups`)
    rows[1]!.push(within(groupBounds.auc, (value) => value.toFixed(4)))
  }
  if (lastWindow.separation !== null) {
    rows.push(['EER of last windows', percent(lastWindow.separation.eer)])
  }
  rows.push(['calibration error', percent(calibration.expectedCalibrationError)])
  rows.push(['log loss', `${calibration.logLoss.toFixed(3)} nats`])
  return table(rows)
}

function decisionLines({ atThreshold: figures }: EvaluationReport): string[] {
  return table([
    [`at threshold ${figures.threshold}`],
    ['accuracy', orDash(figures.accuracy)],
    ['precision', orDash(figures.precision)],
    ['recall', orDash(figures.recall)],
    ['F1', orDash(figures.f1)],
    ['false alarms', inFull(figures.falseAlarms), 'of human recordings'],
    ['misses', inFull(figures.misses), 'of fake recordings'],
  ])
}

function timeLines({ verdictSettledAt, firstAlertAt }: EvaluationReport): string[] {
  const row = (words: string, { count, p50, p90, max }: Quantiles) =>
    count === 0 ? [] : [[words, `${count}`, ...[p50, p90, max].map((value) => `${value} s`)]]
  return table([
    ['seconds of audio until', 'recordings', 'median', '90 %', 'last'],
    ...row('the verdict on a human settled', verdictSettledAt.real),
    ...row('the verdict on a fake settled', verdictSettledAt.fake),
    ...row('the first alert on a human', firstAlertAt.real),
    ...row('the first alert on a fake', firstAlertAt.fake),
  ])
}

function alertLines({ human, found, onsets }: AlertFigures): string[] {
  const hours = `${human.speechHours.toFixed(2)} h of human speech in ${human.hours.toFixed(2)} h`
  const rate = (value: number) => value.toFixed(2)
  const lines = [`alerts: ${human.alerts} in ${hours}`]
  if (human.perSpeechHour !== null && human.bounds !== null) {
    lines[0] += `: ${rate(human.perSpeechHour)} an hour ${within(human.bounds, rate)}`
  }
  if (found.of > 0) lines.push(`alerts raised on fake recordings: ${inFull(found)}`)
  if (onsets !== undefined) {
    lines.push(
      `inserted fakes found: ${inFull(onsets.found)}, with the onset within 1 s: ${inFull(onsets.withinOneSecond)}`,
    )
    const late = `onset late by: median ${onsets.error.p50} s, 90 % ${onsets.error.p90} s; `
    lines.push(`${onsets.found.count > 0 ? late : ''}alerts beside the fakes: ${onsets.otherAlerts}`)
    lines.push(...evidenceLines(onsets))
  }
  return lines
}

function evidenceLines({ evidence, eitherWithinOneSecond }: OnsetFigures): string[] {
  if (evidence === undefined) return []
  const { p50, p90 } = evidence.absoluteError
  return [
    `the strongest evidence begins within 1 s of the fake: ${inFull(evidence.withinOneSecond)}; it is off by: median ${p50} s, 90 % ${p90} s`,
    `an alert or the strongest evidence within 1 s: ${inFull(eitherWithinOneSecond)}`,
  ]
}

function groupLines(column: string, groups: readonly GroupFigures[]): string[] {
  if (groups.length === 0) return []
  const worst = groups.toSorted((a, b) => errorsOf(b) - errorsOf(a)).slice(0, MOST_ROWS)
  const shown = groups.length > MOST_ROWS ? worst : groups
  const rows = shown.map(({ name, falseAlarms, misses, eer, auc, verdicts }) => [
    name,
    falseAlarms.of === 0 ? '–' : inFull(falseAlarms),
    misses.of === 0 ? '–' : inFull(misses),
    eer === null ? '–' : percent(eer),
    auc === null ? '–' : auc.toFixed(3),
    `${verdicts.real.inconclusive + verdicts.fake.inconclusive}`,
    `${verdicts.real.broken + verdicts.fake.broken}`,
  ])
  const lines = table([[column, 'false alarms', 'misses', 'EER', 'AUC', 'inconclusive', 'broken'], ...rows])
  return groups.length > MOST_ROWS ? [...lines, `the worst ${MOST_ROWS} of ${groups.length}; --json has all`] : lines
}

function errorsOf({ falseAlarms, misses }: GroupFigures): number {
  return Math.max(falseAlarms.rate ?? 0, misses.rate ?? 0)
}

function channelLines({ channels }: EvaluationReport): string[] {
  if (channels === undefined) return []
  const moved = ({ median, p95, drift }: Movement) =>
    drift === null ? '–' : `${median}, ${p95}, ${drift > 0 ? '+' : ''}${drift}`
  const rows = channels.map(({ channel, falseAlarms, misses, auc, movement, lost }) => [
    channel,
    inFull(falseAlarms),
    inFull(misses),
    auc?.toFixed(3) ?? '–',
    moved(movement.real),
    moved(movement.fake),
    `${lost}`,
  ])
  return [
    'sent through a channel; the change of a logit: median and 95 % without sign, median with it (above 0: towards fake):',
    ...table([['channel', 'false alarms', 'misses', 'AUC', 'human logits', 'fake logits', 'no score'], ...rows]),
  ]
}

function brokenLines({ recordings }: EvaluationReport): string[] {
  const broken = recordings.filter(({ verdict }) => verdict === 'broken')
  if (broken.length === 0) return []
  return ['broken, in no figure:', ...broken.map(({ path, broken: why }) => `  ${path}: ${why}`)]
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  )
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

export function within([low, high]: Bounds, inWords: (value: number) => string): string {
  return `(${inWords(low).replace(' %', '')}–${inWords(high)})`
}

function inFull({ count, of, rate, bounds }: Rate): string {
  return rate === null || bounds === null ? '–' : `${count} of ${of}, ${percent(rate)} ${within(bounds, percent)}`
}

function orDash(share: number | null): string {
  return share === null ? '–' : percent(share)
}
