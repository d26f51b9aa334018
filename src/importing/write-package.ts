import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { dump as toNpy } from 'npyjs'
import { type ModelManifest, parseModelManifest } from '../scoring/model-manifest.ts'
import { readModelPackage } from '../scoring/model-package.ts'
import { badModel } from './bad-model.ts'
import { checkEdition, type EditionCheck, LEAST_TOLERANCE, type Precision, refuseOther } from './edition-check.ts'
import { goldenFrames } from './golden-frames.ts'
import { fakeLogitsOfFile } from './onnx-run.ts'
import { unfinished } from './unfinished.ts'

/** One edition to write. `write` puts the `.onnx` at the path. */
export interface Edition {
  readonly precision: Precision
  /** What errors call it. */
  readonly name: string
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

export interface WrittenPackage {
  readonly folder: string
  readonly goldenFakeLogit: number
  readonly checks: readonly EditionCheck[]
}

const CARD = 'README.md'
const GOLDEN = 'golden.npy'
const CHECK_SEEDS = [1, 2, 3]

/**
 * Writes a model folder and checks it: every edition scores the same made windows as the reference. The folder appears
 * whole or not at all, also where a signal ends the process.
 * @throws EarwitnessError `bad_model`: the folder exists, an edition does not load or differs from the reference
 */
export async function writePackage(folder: string, plan: PackagePlan): Promise<WrittenPackage> {
  const target = resolve(folder)
  await refuseTaken(target)
  await mkdir(dirname(target), { recursive: true })
  // Not by mkdtemp, whose folders are for one user alone: a server may run as another.
  const workshop = join(dirname(target), `.import-${randomUUID()}`)
  return unfinished(workshop, async () => {
    await mkdir(workshop)
    const written = await fill(workshop, plan)
    await rename(workshop, target)
    return { ...written, folder: target }
  })
}

/** @throws EarwitnessError `bad_model` where a model to be made would stand in another's place */
export async function refuseTaken(folder: string): Promise<void> {
  const target = resolve(folder)
  if (await exists(target)) throw badModel(`${target} exists; give another --name, or remove it first`)
}

async function fill(folder: string, plan: PackagePlan): Promise<Omit<WrittenPackage, 'folder'>> {
  const { manifest } = plan
  const windows = await Promise.all(CHECK_SEEDS.map((seed) => goldenFrames(manifest, seed)))
  const fakeLogits = await referenceLogits(folder, plan, windows)
  const files: ModelManifest['files'] = []
  const checks: EditionCheck[] = []
  for (const { precision, name, write } of plan.editions) {
    const path = `model.${precision}.onnx`
    await write(join(folder, path))
    const { check, file } = await checkEdition(folder, { path, precision, name }, manifest, { windows, fakeLogits })
    refuseOther(check, 'leave it out with --editions')
    checks.push(check)
    files.push(file)
  }
  // They were all just scored on a processor; a package without one for it could be proved only where there is a GPU.
  if (!files.some(({ providers }) => providers.includes('cpu'))) files.at(-1)?.providers.push('cpu')
  await writeFile(
    join(folder, GOLDEN),
    new Uint8Array(toNpy(windows[0]!, [manifest.input.frames, manifest.frontend.melBins])),
  )
  await writeFile(join(folder, CARD), plan.card)
  const golden = { input: GOLDEN, fakeLogit: fakeLogits[0]!, tolerance: LEAST_TOLERANCE.fp32 }
  const whole = parseModelManifest({ ...manifest, card: CARD, files, golden })
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(whole, undefined, 2)}\n`)
  await readModelPackage(folder, 'auto')
  return { goldenFakeLogit: fakeLogits[0]!, checks }
}

async function referenceLogits(folder: string, plan: PackagePlan, windows: readonly Float32Array[]): Promise<number[]> {
  const path = join(folder, 'reference.onnx')
  await plan.reference.write(path)
  const logits = await fakeLogitsOfFile({ path, name: plan.reference.name }, plan.manifest, windows)
  await rm(path)
  return logits
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
