import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelManifest } from '../../scoring/model-manifest.ts'
import { judgedAmong } from './judged-recording.ts'
import { detectionErrorTradeoff } from './plots/detection-error-tradeoff.ts'
import { reliabilityDiagram } from './plots/reliability-diagram.ts'
import { scoreHistogram } from './plots/score-histogram.ts'
import type { EvaluationReport } from './report.ts'
import type { Outcome } from './score-recordings.ts'

/** Writes det.svg, scores.svg and reliability.svg; nothing where one label has no scores. Returns what was written. */
export async function writePlots(
  folder: string,
  outcomes: readonly Outcome[],
  report: EvaluationReport,
  decision: ModelManifest['decision'],
): Promise<string[]> {
  if (report.calibration === null) return []
  const judged = judgedAmong(outcomes)
  const plots = {
    'det.svg': detectionErrorTradeoff(judged, report),
    'scores.svg': scoreHistogram(judged, decision),
    'reliability.svg': reliabilityDiagram(report.calibration),
  }
  await mkdir(folder, { recursive: true })
  for (const [name, svg] of Object.entries(plots)) await writeFile(join(folder, name), svg)
  return Object.keys(plots).map((name) => join(folder, name))
}
