import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { probabilityOf } from '../scoring/log-odds.ts'
import type { ModelManifest, Provider } from '../scoring/model-manifest.ts'
import { badModel } from './bad-model.ts'
import { fakeLogitsOfFile } from './onnx-run.ts'

type ManifestFile = ModelManifest['files'][number]
export type Precision = ManifestFile['precision']

/** The narrowest first: the order in which a manifest lists them, and in which `--provider auto` tries them. */
export const PRECISIONS: readonly Precision[] = ['int8', 'fp16', 'fp32']

const PROVIDERS_OF: Readonly<Record<Precision, readonly Provider[]>> = {
  int8: ['cpu'],
  fp16: ['webgpu', 'cuda', 'coreml', 'dml'],
  fp32: ['cpu', 'webgpu', 'cuda'],
}

/**
 * The least tolerance of the golden logit: other processors add in another order, and round int8 otherwise. A GPU also sums in
 * fp16, which a processor does not.
 */
export const LEAST_TOLERANCE: Readonly<Record<Precision, number>> = { fp32: 1e-3, fp16: 5e-2, int8: 5e-2 }
/** An edition that differs by more is not the same model. */
const MOST_PROBABILITY_DIFFERENCE = 0.05

/** Windows, the first one golden, and the fake logits that an edition should give for them. */
export interface Expected {
  readonly windows: readonly Float32Array[]
  readonly fakeLogits: readonly number[]
}

/** What the self-check found. */
export interface EditionCheck {
  readonly precision: Precision
  readonly bytes: number
  /** Over all windows, the golden one among them. */
  readonly largestLogitDifference: number
  readonly largestProbabilityDifference: number
  readonly goldenProbabilityDifference: number
}

/** Scores the windows with an edition's file, which errors call `name`; says how far it is, and how it stands in a manifest. */
export async function checkEdition(
  folder: string,
  { path, precision, name }: Pick<ManifestFile, 'path' | 'precision'> & { readonly name: string },
  face: Pick<ModelManifest, 'input' | 'output' | 'frontend'>,
  { windows, fakeLogits: expected }: Expected,
  onWindow?: () => void,
): Promise<{ check: EditionCheck; file: ManifestFile }> {
  const found = await fakeLogitsOfFile({ path: join(folder, path), name }, face, windows, onWindow)
  const { sha256, bytes } = await digestOf(join(folder, path))
  const logits = found.map((logit, at) => Math.abs(logit - expected[at]!))
  const probabilities = found.map((logit, at) => Math.abs(probabilityOf(logit) - probabilityOf(expected[at]!)))
  const largestLogitDifference = Math.max(...logits)
  const tolerance = Number(Math.max(LEAST_TOLERANCE[precision], 2 * largestLogitDifference).toPrecision(3))
  return {
    check: {
      precision,
      bytes,
      largestLogitDifference,
      largestProbabilityDifference: Math.max(...probabilities),
      goldenProbabilityDifference: probabilities[0]!,
    },
    file: { path, precision, providers: [...PROVIDERS_OF[precision]], sha256, tolerance },
  }
}

/** @throws EarwitnessError `bad_model` if an edition is not the same model; `instead` says what to do */
export function refuseOther({ precision, largestProbabilityDifference }: EditionCheck, instead: string): void {
  if (largestProbabilityDifference <= MOST_PROBABILITY_DIFFERENCE) return
  throw badModel(
    `the ${precision} edition differs from fp32 by a probability of ${largestProbabilityDifference.toFixed(3)}, more than ${MOST_PROBABILITY_DIFFERENCE}: ${instead}`,
  )
}

async function digestOf(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const stream = createReadStream(path)
  await pipeline(stream, hash)
  return { sha256: hash.digest('hex'), bytes: stream.bytesRead }
}
