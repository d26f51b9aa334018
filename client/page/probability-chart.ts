import uPlot from 'uplot'
import type { AlertEvent, ReadyEvent, ScoreEvent } from '../sdk/index.ts'
import { type ChartMarks, drawStretches, drawThresholds, nameThresholds } from './chart-marks.ts'
import { clockText, probabilityText } from './figures.ts'
import { ScoreHistory, type Stretch } from './score-history.ts'
import { currentTheme, onThemeChange, type Theme } from './theme.ts'

const SPAN_SECONDS = 60

/** The fake probability of the last minute: each window as a dot, the smoothed value as a line. */
export class ProbabilityChart {
  readonly #place: HTMLElement
  readonly #history = new ScoreHistory(SPAN_SECONDS)
  readonly #marks: ChartMarks = { raise: undefined, clear: undefined, unjudged: this.#history.unjudged, alerts: [] }
  #alerts: Stretch[] = []
  #alertRaised = false
  #theme = currentTheme()
  #chart: uPlot

  constructor(place: HTMLElement) {
    this.#place = place
    this.#chart = this.#build()
    new ResizeObserver(() => this.#chart.setSize(this.#size())).observe(place)
    onThemeChange(() => this.#rebuild())
  }

  /** The newest value's place on the page's clock. */
  get endSeconds(): number {
    return this.#history.end
  }

  setDecision({ raise, clear }: Pick<ReadyEvent['decision'], 'raise' | 'clear'>): void {
    Object.assign(this.#marks, { raise, clear })
    this.#chart.redraw()
  }

  /** @param at seconds on the page's clock, which goes on over a reconnection. */
  add(score: ScoreEvent, at: number, hop: number): void {
    this.#history.add(score, at, hop)
    if (this.#alertRaised) this.#moveAlertsEnd(at)
    this.#draw()
    const now = this.#history.lastSmoothed
    const words = now === null ? 'No values yet.' : `Now ${probabilityText(now)}.`
    this.#place.setAttribute('aria-label', `Chart of fake probability over the last minute. ${words}`)
  }

  addAlert(alert: AlertEvent, onset: number, at: number): void {
    if (alert.state === 'raised') this.#alerts.push({ start: onset, end: at })
    else this.#moveAlertsEnd(at)
    this.#alertRaised = alert.state === 'raised'
    this.#marks.alerts = this.#alerts = this.#alerts.filter(({ end }) => end > at - 2 * SPAN_SECONDS)
    this.#chart.redraw()
  }

  /** Whatever alert was raised goes no further: its stream has ended. */
  endAlert(): void {
    this.#alertRaised = false
  }

  clear(): void {
    this.#history.clear()
    this.#marks.alerts = this.#alerts = []
    this.#alertRaised = false
    this.#draw()
  }

  #moveAlertsEnd(at: number): void {
    const last = this.#alerts.pop()
    if (last !== undefined) this.#alerts.push({ start: last.start, end: at })
  }

  #draw(): void {
    this.#chart.setData(this.#data())
  }

  #data(): uPlot.AlignedData {
    return [this.#history.seconds, this.#history.windows, this.#history.smoothed]
  }

  #range(): uPlot.Range.MinMax {
    const end = Math.max(SPAN_SECONDS, this.#history.end)
    return [end - SPAN_SECONDS, end]
  }

  #size(): { width: number; height: number } {
    return { width: this.#place.clientWidth, height: this.#place.clientHeight }
  }

  #rebuild(): void {
    this.#theme = currentTheme()
    this.#chart.destroy()
    this.#chart = this.#build()
  }

  #build(): uPlot {
    const options: uPlot.Options = {
      ...this.#size(),
      legend: { show: false },
      cursor: { show: false },
      padding: [10, 18, 0, 0],
      scales: { x: { time: false, range: () => this.#range() }, y: { range: [0, 1] } },
      axes: axes(this.#theme),
      series: series(this.#theme),
      hooks: {
        drawClear: [(chart) => drawStretches(chart, this.#marks, this.#theme)],
        drawAxes: [(chart) => drawThresholds(chart, this.#marks, this.#theme)],
        draw: [(chart) => nameThresholds(chart, this.#marks, this.#theme)],
      },
    }
    return new uPlot(options, this.#data(), this.#place)
  }
}

function axes({ muted, line, font }: Theme): uPlot.Axis[] {
  const shared = { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return [
    { ...shared, size: 28, space: 70, values: (_, splits) => splits.map(clockText) },
    {
      ...shared,
      size: 52,
      splits: () => [0, 0.25, 0.5, 0.75, 1],
      values: (_, splits) => splits.map((y) => y.toFixed(2)),
    },
  ]
}

function series({ ink, muted, panel }: Theme): uPlot.Series[] {
  return [
    {},
    {
      stroke: muted,
      width: 0,
      paths: () => null,
      points: { show: true, size: 5, width: 1.25, stroke: muted, fill: panel },
    },
    { stroke: ink, width: 2.5, points: { show: false } },
  ]
}
