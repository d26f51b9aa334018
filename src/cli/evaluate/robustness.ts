import { logitOf } from '../../scoring/log-odds.ts'
import { quantile, rounded } from '../bench/spread.ts'
import type { Label } from '../labelled-manifest.ts'
import type { Rate } from './bounds.ts'
import { decisionFigures } from './decision-figures.ts'
import { hasBoth, judgedAmong } from './judged-recording.ts'
import { ReceiverOperatingCurve } from './receiver-operating-curve.ts'
import type { Outcome } from './score-recordings.ts'

/** How the logits of recordings' scores change; null where there are none. */
export interface Movement {
  readonly recordings: number
  /** Of the changes without their sign. */
  readonly median: number | null
  readonly p95: number | null
  /** The median of the changes with their sign: above 0 the channel makes them look fake. */
  readonly drift: number | null
}

/** What one channel does to the scores of recordings that have one with and without it. */
export interface ChannelFigures {
  readonly channel: string
  readonly falseAlarms: Rate
  readonly misses: Rate
  readonly auc: number | null
  readonly movement: { readonly [label in Label]: Movement }
  /** Recordings that had a score before the channel, and have none after it. */
  readonly lost: number
}

/** @param sent the outcomes of the same recordings in the same order, after the channel */
export function channelFigures(
  channel: string,
  plain: readonly Outcome[],
  sent: readonly Outcome[],
  threshold: number,
): ChannelFigures {
  const before = new Map(judgedAmong(plain).map((one) => [one.outcome.recording, logitOf(one.fakeProbability)]))
  const after = judgedAmong(sent).filter(({ outcome }) => before.has(outcome.recording))
  const { falseAlarms, misses } = decisionFigures(after, threshold)
  const moved = (wanted: Label) =>
    movementOf(
      after
        .filter(({ label }) => label === wanted)
        .map((one) => logitOf(one.fakeProbability) - before.get(one.outcome.recording)!),
    )
  return {
    channel,
    falseAlarms,
    misses,
    auc: hasBoth(after) ? new ReceiverOperatingCurve(after).separation().auc : null,
    movement: { real: moved('real'), fake: moved('fake') },
    lost: before.size - after.length,
  }
}

function movementOf(changes: readonly number[]): Movement {
  const at = (share: number, values: readonly number[]) =>
    values.length === 0 ? null : rounded(quantile(values.toSorted(ascending), share))
  const sizes = changes.map(Math.abs)
  return { recordings: changes.length, median: at(0.5, sizes), p95: at(0.95, sizes), drift: at(0.5, changes) }
}

function ascending(a: number, b: number): number {
  return a - b
}
