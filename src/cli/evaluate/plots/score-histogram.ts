import { logitOf } from '../../../scoring/log-odds.ts'
import type { ModelManifest } from '../../../scoring/model-manifest.ts'
import { MOST_LOGIT } from '../../../stream/probability.ts'
import { FAKE_COLOUR, GUIDE_COLOUR, linearAxis, REAL_COLOUR } from '../../figure/axes.ts'
import { Figure } from '../../figure/figure.ts'
import type { Judged } from '../receiver-operating-curve.ts'

const BINS = 40
const BIN = (2 * MOST_LOGIT) / BINS

/** How the scores of each label lie, in percent of it, on the scale of the logit: near 0 and 1 a probability shows nothing. */
export function scoreHistogram(judged: readonly Judged[], decision: ModelManifest['decision']): string {
  const shares = { real: sharesOf(judged, 'real'), fake: sharesOf(judged, 'fake') }
  const most = Math.max(...shares.real, ...shares.fake)
  const top = Math.max(10, Math.ceil(most / 10) * 10)
  const step = top > 50 ? 20 : 10
  const figure = new Figure(
    'Scores',
    `${countOf(judged, 'real')} human and ${countOf(judged, 'fake')} fake recordings`,
    linearAxis(
      'fake logit of a recording, calibrated (natural log of the odds; above 0: fake more likely)',
      -MOST_LOGIT,
      MOST_LOGIT,
      [-10, -5, 0, 5, 10],
    ),
    linearAxis(
      'share of the recordings of a label (%)',
      0,
      top,
      Array.from({ length: top / step + 1 }, (_, index) => index * step),
    ),
  )
  for (const [label, colour] of [
    ['real', REAL_COLOUR],
    ['fake', FAKE_COLOUR],
  ] as const) {
    for (const [bin, share] of shares[label].entries()) {
      const from = bin * BIN - MOST_LOGIT
      if (share > 0) figure.bar(from, from + BIN, share, colour)
    }
    figure.legend(label === 'real' ? 'human' : 'fake', { colour, width: 8 })
  }
  for (const [name, dash] of [
    ['threshold', '6 3'],
    ['raise', '2 3'],
  ] as const) {
    const at = logitOf(decision[name])
    figure.line(
      [
        [at, 0],
        [at, top],
      ],
      { colour: GUIDE_COLOUR, width: 1.5, dash },
    )
    figure.legend(`${name} ${decision[name]}`, { colour: GUIDE_COLOUR, width: 1.5, dash })
  }
  return figure.toString()
}

function sharesOf(judged: readonly Judged[], wanted: Judged['label']): number[] {
  const counts = new Array<number>(BINS).fill(0)
  for (const { label, fakeProbability } of judged) {
    if (label !== wanted) continue
    const bin = Math.floor((logitOf(fakeProbability) + MOST_LOGIT) / BIN)
    counts[Math.min(BINS - 1, Math.max(0, bin))]! += 1
  }
  return counts.map((count) => (100 * count) / countOf(judged, wanted))
}

function countOf(judged: readonly Judged[], wanted: Judged['label']): number {
  return judged.filter(({ label }) => label === wanted).length
}
