import { deviateAxis, FAKE_COLOUR, GUIDE_COLOUR, SYSTEM_COLOURS } from '../../figure/axes.ts'
import { Figure, type Stroke } from '../../figure/figure.ts'
import type { JudgedRecording } from '../judged-recording.ts'
import { ReceiverOperatingCurve } from '../receiver-operating-curve.ts'
import type { EvaluationReport } from '../report.ts'
import { percent, within } from '../report-in-words.ts'

/** False alarms against misses at every threshold, with the EER and the shipped threshold; a thin line for each system. */
export function detectionErrorTradeoff(judged: readonly JudgedRecording[], report: EvaluationReport): string {
  const { eer, bounds } = report.separation!
  const { falseAlarms, misses, threshold } = report.atThreshold
  const figure = new Figure(
    'Detection error tradeoff',
    `EER ${percent(eer)} ${within(bounds.eer, percent)}, ${falseAlarms.of} human and ${misses.of} fake recordings`,
    deviateAxis('false alarms: human recordings called fake (%, normal deviate scale)'),
    deviateAxis('misses: fake recordings called real (%, normal deviate scale)'),
  )
  figure.line(
    [
      [1e-6, 1e-6],
      [1 - 1e-6, 1 - 1e-6],
    ],
    { colour: GUIDE_COLOUR, dash: '5 5' },
  )
  const all: Stroke = { colour: FAKE_COLOUR, width: 2.5 }
  draw(figure, judged, all)
  figure.legend('all fakes', all)
  for (const [index, [system, recordings]] of systemsIn(judged).entries()) {
    const stroke = { colour: SYSTEM_COLOURS[index]!, width: 1.2 }
    draw(figure, recordings, stroke)
    figure.legend(system, stroke)
  }
  figure.dot([eer, eer], 5, FAKE_COLOUR).say([eer, eer], `EER ${percent(eer)}`, 'below')
  const shipped = [falseAlarms.rate!, misses.rate!] as const
  return figure.dot(shipped, 5, '#111827').say(shipped, `threshold ${threshold}`).toString()
}

function draw(figure: Figure, judged: readonly JudgedRecording[], stroke: Stroke): void {
  const points = new ReceiverOperatingCurve(judged).points()
  figure.line(
    points.map(({ falseAlarmRate, missRate }) => [falseAlarmRate, missRate] as const),
    stroke,
  )
}

/** Each system's fakes against all humans; none where there is one system, or more than there are colours. */
function systemsIn(judged: readonly JudgedRecording[]): [string, JudgedRecording[]][] {
  const systemOf = ({ outcome, label }: JudgedRecording) =>
    label === 'fake' ? outcome.recording.groups.system : undefined
  const names = [...new Set(judged.flatMap((one) => systemOf(one) ?? []))].sort()
  if (names.length < 2 || names.length > SYSTEM_COLOURS.length) return []
  return names.map((name) => [name, judged.filter((one) => one.label === 'real' || systemOf(one) === name)])
}
