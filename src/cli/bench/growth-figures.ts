import { FAKE_COLOUR, linearAxis, logAxis, REAL_COLOUR } from '../figure/axes.ts'
import { type Axis, Figure } from '../figure/figure.ts'
import type { GrowthReport } from './growth.ts'
import type { LoadReport } from './load.ts'

type Points = readonly (readonly [number, number])[]

/** Name and figure of each thing that grows. */
export function growthFigures({ byStreams, byHop, byHours }: GrowthReport): [string, Figure][] {
  const last = byHours.at(-1)
  const half = byHours[Math.floor((byHours.length - 1) / 2)]
  const streams = logAxis(
    'streams at once',
    1,
    Math.max(2, ...byStreams.map((load) => load.streams)),
    [1, 2, 5, 10, 20, 50, 100, 200, 400, 1000, 2000, 5000],
  )
  const skipping = byStreams.find((load) => load.windowsSkipped > 0)
  const withEvents = (latency: (load: LoadReport) => number | null): Points =>
    byStreams.flatMap((load) => {
      const ms = latency(load)
      return ms === null ? [] : [[load.streams, ms] as const]
    })
  const slowest = withEvents((load) => load.dueToEventMs.p99)
  const costByStreams: Points = byStreams.map((load) => [load.streams, load.cpuMsPerStreamSecond])
  const costByHop: Points = byHop.map((load) => [load.hop, load.cpuMsPerStreamSecond])
  const memory: Points = byHours.map(({ hours, residentMiB }) => [hours, residentMiB])
  const perHour = (from: number, to: number, seconds: number) => (seconds / (to - from)).toFixed(0)
  return [
    [
      'growth-streams',
      lines(
        'Processor time of a stream, by streams',
        'milliseconds for a second of audio, the whole server, 0.5 s hop, PCM at 16 kHz',
        streams,
        fromNought('ms a stream and second', costByStreams),
        { 'processor time': costByStreams },
      ),
    ],
    [
      'growth-latency',
      lines(
        'Time from a complete window to its event, by streams',
        `as the client sees it, 0.5 s hop, PCM at 16 kHz${skipping ? `; at ${skipping.streams} streams windows are skipped` : ''}`,
        streams,
        logAxis('ms', 1, Math.max(1000, ...slowest.map(([, ms]) => ms)), [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
        { '99 of 100 within': slowest, 'half within': withEvents((load) => load.dueToEventMs.p50) },
      ),
    ],
    [
      'growth-hop',
      lines(
        'Processor time of a stream, by hop',
        'milliseconds for a second of audio, ten streams',
        logAxis('seconds of audio between two scores', 0.1, 2, [0.1, 0.2, 0.5, 1, 2]),
        fromNought('ms a stream and second', costByHop),
        { 'processor time': costByHop },
      ),
    ],
    [
      'growth-hours',
      lines(
        'Memory of one stream, by hours of audio',
        last && half && half !== last
          ? `an hour of audio took ${perHour(0, half.hours, half.cpuSeconds)} s of processor time in the first half, ` +
              `${perHour(half.hours, last.hours, last.cpuSeconds - half.cpuSeconds)} s in the second`
          : '',
        linearAxis('hours of audio', 0, last?.hours ?? 1, wholeNumbers(last?.hours ?? 1)),
        fromNought('MiB resident', memory),
        { 'the process with its model': memory },
      ),
    ],
  ]
}

function lines(title: string, note: string, x: Axis, y: Axis, series: Readonly<Record<string, Points>>): Figure {
  const figure = new Figure(title, note, x, y)
  for (const [at, [name, points]] of Object.entries(series).entries()) {
    const stroke = { colour: at === 0 ? REAL_COLOUR : FAKE_COLOUR, width: 2 }
    figure.line(points, stroke).legend(name, stroke)
    for (const point of points) figure.dot(point, 3, stroke.colour)
  }
  return figure
}

/** An axis from 0 to somewhat above the highest of the points. */
function fromNought(words: string, points: Points): Axis {
  const most = Math.max(1, ...points.map(([, y]) => y))
  const step = niceStep(most)
  const top = Math.ceil(most / step) * step
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step)
  return linearAxis(words, 0, top, ticks)
}

/** 1, 2 or 5 times a power of ten, so that about five of them make the whole. */
function niceStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 5))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => most / step <= 6) ?? 10 * power
}

function wholeNumbers(to: number): number[] {
  return Array.from({ length: Math.floor(to) + 1 }, (_, at) => at)
}
