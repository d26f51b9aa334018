import type uPlot from 'uplot'
import type { Stretch } from './score-history.ts'
import type { Theme } from './theme.ts'

/** What is drawn around the lines of the chart. Probabilities, and seconds on the chart's clock. */
export interface ChartMarks {
  raise: number | undefined
  clear: number | undefined
  unjudged: readonly Stretch[]
  alerts: readonly Stretch[]
}

/** Behind the lines: the stretches that were not judged, and those under alert. */
export function drawStretches(chart: uPlot, { unjudged, alerts }: ChartMarks, theme: Theme): void {
  clipped(chart, () => {
    fillStretches(chart, unjudged, theme.idleWash)
    fillStretches(chart, alerts, theme.fakeWash)
  })
}

/** The thresholds at which an alert is raised and cleared. */
export function drawThresholds(chart: uPlot, marks: ChartMarks, theme: Theme): void {
  clipped(chart, () => {
    for (const { value, colour } of thresholds(marks, theme)) drawLine(chart, value, colour)
  })
}

/** Above everything: the names of the thresholds, on a rim that keeps them legible over the lines. */
export function nameThresholds(chart: uPlot, marks: ChartMarks, theme: Theme): void {
  clipped(chart, () => {
    for (const threshold of thresholds(marks, theme)) writeName(chart, threshold, theme)
  })
}

interface Threshold {
  readonly value: number
  readonly name: string
  readonly colour: string
  /** Beneath its line, also where there is room above: two lines that lie close must not share their space. */
  readonly isBelow: boolean
}

function thresholds({ raise, clear }: ChartMarks, { fake, muted }: Theme): Threshold[] {
  if (raise === undefined || clear === undefined) return []
  return [
    { value: raise, name: 'alert raised', colour: fake, isBelow: false },
    { value: clear, name: 'alert cleared', colour: muted, isBelow: true },
  ]
}

function fillStretches(chart: uPlot, stretches: readonly Stretch[], colour: string): void {
  const { ctx, bbox } = chart
  ctx.fillStyle = colour
  for (const { start, end } of stretches) {
    const left = chart.valToPos(start, 'x', true)
    ctx.fillRect(left, bbox.top, chart.valToPos(end, 'x', true) - left, bbox.height)
  }
}

function drawLine(chart: uPlot, value: number, colour: string): void {
  const { ctx, bbox } = chart
  const y = Math.round(chart.valToPos(value, 'y', true))
  ctx.strokeStyle = colour
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio])
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
}

function writeName(chart: uPlot, threshold: Threshold, { font, panel }: Theme): void {
  const { value, name, colour, isBelow } = threshold
  const { ctx, bbox } = chart
  const x = bbox.left + 6 * devicePixelRatio
  const line = chart.valToPos(value, 'y', true)
  const text = `${name} ${value.toFixed(2)}`
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * devicePixelRatio))
  const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = ctx.measureText(text)
  const isAbove = !isBelow && line - bbox.top > ascent + descent + 3 * devicePixelRatio
  const y = line + (isAbove ? -3 : 3) * devicePixelRatio
  ctx.textAlign = 'left'
  ctx.textBaseline = isAbove ? 'bottom' : 'top'
  ctx.lineJoin = 'round'
  ctx.lineWidth = 4 * devicePixelRatio
  ctx.strokeStyle = panel
  ctx.strokeText(text, x, y)
  ctx.fillStyle = colour
  ctx.fillText(text, x, y)
}

function clipped(chart: uPlot, draw: () => void): void {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  draw()
  ctx.restore()
}
