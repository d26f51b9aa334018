import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { dump as toNpy } from 'npyjs'
import { type ModelManifest, type Provider, parseModelManifest } from '../scoring/model-manifest.ts'
import { readModelPackage } from '../scoring/model-package.ts'
import { badModel } from './bad-model.ts'
import { goldenFrames } from './golden-frames.ts'
import { fakeLogitsOfFile } from './onnx-run.ts'

export type Precision = ModelManifest['files'][number]['precision']

/** One edition to write. `write` puts the `.onnx` at the path. */
export interface Edition {
  readonly precision: Precision
  readonly write: (path: string) => Promise<void>
}

export interface PackagePlan {
  readonly manifest: Omit<ModelManifest, 'files' | 'golden' | 'card'>
  readonly card: string
  /** Written in this order, which is also what `--provider auto` tries. */
  readonly editions: readonly Edition[]
  /** What the editions are compared with; written anew if it is none of them. */
  readonly reference: Edition
}

/** What the self-check found. */
export interface EditionCheck {
  readonly precision: Precision
  readonly bytes: number
  /** Against the reference, over the check's windows. */
  readonly largestLogitDifference: number
  readonly largestProbabilityDifference: number
}

export interface WrittenPackage {
  readonly folder: string
  readonly goldenFakeLogit: number
  readonly checks: readonly EditionCheck[]
}

const PROVIDERS_OF: Readonly<Record<Precision, Provider[]>> = {
  int8: ['cpu'],
  fp16: ['webgpu', 'cuda', 'coreml', 'dml'],
  fp32: ['cpu', 'webgpu', 'cuda'],
}

const CARD = 'README.md'
const GOLDEN = 'golden.npy'
const CHECK_SEEDS = [1, 2, 3]
/** The least tolerance of the golden logit: other processors add in another order, and round int8 otherwise. */
const LEAST_TOLERANCE: Readonly<Record<Precision, number>> = { fp32: 1e-3, fp16: 2e-2, int8: 5e-2 }
/** An edition that differs by more is not the same model. */
const MOST_PROBABILITY_DIFFERENCE = 0.05

/**
 * Writes a model folder and checks it: every edition scores the same made windows as the reference. The folder appears
 * whole or not at all.
 * @throws EarwitnessError `bad_model`: the folder exists, an edition does not load or differs from the reference
 */
export async function writePackage(folder: string, plan: PackagePlan): Promise<WrittenPackage> {
  const target = resolve(folder)
  if (await exists(target)) throw badModel(`${target} exists; give another --name, or remove it first`)
  await mkdir(dirname(target), { recursive: true })
  const workshop = await mkdtemp(join(dirname(target), '.import-'))
  try {
    const written = await fill(workshop, plan)
    await rename(workshop, target)
    return { ...written, folder: target }
  } catch (thrown) {
    await rm(workshop, { recursive: true, force: true })
    throw thrown
  }
}

async function fill(folder: string, plan: PackagePlan): Promise<Omit<WrittenPackage, 'folder'>> {
  const { manifest } = plan
  const windows = await Promise.all(CHECK_SEEDS.map((seed) => goldenFrames(manifest, seed)))
  const expected = await referenceLogits(folder, plan, windows)
  const files: ModelManifest['files'] = []
  const checks: EditionCheck[] = []
  for (const { precision, write } of plan.editions) {
    const path = `model.${precision}.onnx`
    await write(join(folder, path))
    const logits = await fakeLogitsOfFile(join(folder, path), manifest, windows)
    const { sha256, bytes } = await digestOf(join(folder, path))
    checks.push({ precision, bytes, ...differences(logits, expected) })
    files.push({ path, precision, providers: PROVIDERS_OF[precision], sha256 })
  }
  checks.forEach(refuseOthers)
  await writeFile(
    join(folder, GOLDEN),
    new Uint8Array(toNpy(windows[0]!, [manifest.input.frames, manifest.frontend.melBins])),
  )
  await writeFile(join(folder, CARD), plan.card)
  const golden = { input: GOLDEN, fakeLogit: expected[0]!, tolerance: toleranceFor(checks) }
  const whole = parseModelManifest({ ...manifest, card: CARD, files, golden })
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(whole, undefined, 2)}\n`)
  await readModelPackage(folder, 'auto')
  return { goldenFakeLogit: expected[0]!, checks }
}

async function referenceLogits(folder: string, plan: PackagePlan, windows: readonly Float32Array[]): Promise<number[]> {
  const path = join(folder, 'reference.onnx')
  await plan.reference.write(path)
  const logits = await fakeLogitsOfFile(path, plan.manifest, windows)
  await rm(path)
  return logits
}

function differences(logits: readonly number[], expected: readonly number[]) {
  const over = (of: (logit: number) => number): number =>
    Math.max(...logits.map((logit, at) => Math.abs(of(logit) - of(expected[at]!))))
  return {
    largestLogitDifference: over((logit) => logit),
    largestProbabilityDifference: over((logit) => 1 / (1 + Math.exp(-logit))),
  }
}

function refuseOthers({ precision, largestProbabilityDifference: difference }: EditionCheck): void {
  if (difference <= MOST_PROBABILITY_DIFFERENCE) return
  throw badModel(
    `the ${precision} edition differs from fp32 by a probability of ${difference.toFixed(3)}, more than ${MOST_PROBABILITY_DIFFERENCE}: leave it out with --editions`,
  )
}

function toleranceFor(checks: readonly EditionCheck[]): number {
  const needed = checks.map(({ precision, largestLogitDifference }) =>
    Math.max(LEAST_TOLERANCE[precision], 2 * largestLogitDifference),
  )
  return Number(Math.max(...needed).toPrecision(3))
}

async function digestOf(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const stream = createReadStream(path)
  await pipeline(stream, hash)
  return { sha256: hash.digest('hex'), bytes: stream.bytesRead }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
