import { FAKE_COLOUR, GUIDE_COLOUR, linearAxis } from '../../figure/axes.ts'
import { Figure } from '../../figure/figure.ts'
import type { Calibration } from '../calibration.ts'
import { percent } from '../report-in-words.ts'

const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1]

/** What was claimed against what was so: on the diagonal a probability can be taken at its word. */
export function reliabilityDiagram({ bins, expectedCalibrationError, logLoss }: Calibration): string {
  const figure = new Figure(
    'Reliability',
    `calibration error ${percent(expectedCalibrationError)}, log loss ${logLoss.toFixed(3)} nats; beside each point its recordings`,
    linearAxis('fake probability that was given (mean of each tenth)', -0.08, 1.08, TICKS),
    linearAxis('share that was fake, both labels weighing alike', -0.08, 1.08, TICKS),
  )
  const points = bins.flatMap(({ recordings, meanFakeProbability: x, shareFake: y }) =>
    x === null || y === null ? [] : [{ at: [x, y] as const, recordings }],
  )
  figure.line(
    [
      [0, 0],
      [1, 1],
    ],
    { colour: GUIDE_COLOUR, dash: '5 5' },
  )
  figure.line(
    points.map(({ at }) => at),
    { colour: FAKE_COLOUR, width: 2 },
  )
  for (const { at, recordings } of points) figure.dot(at, 5, FAKE_COLOUR).say(at, `${recordings}`)
  return figure.toString()
}
