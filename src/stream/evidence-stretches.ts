import type { ScoreEvent } from '../protocol/events.ts'
import type { ModelManifest } from '../scoring/model-manifest.ts'
import type { Evidence } from '../scoring/scorer.ts'

const STRETCH_SECONDS = 0.25
/** Of a logit. */
const DECIMALS = 4

/**
 * A window's evidence in stretches of a quarter second on the stream's own clock, so that the stretches of two windows are
 * the same ones. Calibrated, the calibration's bias spread evenly: they add up to the window's calibrated fake logit.
 */
export function evidenceStretches(evidence: Evidence, manifest: ModelManifest): NonNullable<ScoreEvent['evidence']> {
  const { scale, bias } = manifest.calibration
  const { firstFrame, strideFrames, fakeEvidence } = evidence
  const stretchFrames = (STRETCH_SECONDS * manifest.frontend.sampleRate) / manifest.frontend.hopSamples
  const first = Math.floor(firstFrame / stretchFrames)
  const sums: number[] = []
  for (const [index, value] of fakeEvidence.entries()) {
    const stretch = Math.floor((firstFrame + index * strideFrames) / stretchFrames) - first
    sums[stretch] = (sums[stretch] ?? 0) + scale * value + bias / fakeEvidence.length
  }
  return {
    start: first * STRETCH_SECONDS,
    step: STRETCH_SECONDS,
    fakeEvidence: Array.from(sums, (sum = 0) => Number(sum.toFixed(DECIMALS))),
  }
}
