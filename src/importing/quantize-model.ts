import { randomUUID } from 'node:crypto'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type ModelManifest, parseModelManifest } from '../scoring/model-manifest.ts'
import { readModelPackage } from '../scoring/model-package.ts'
import { padWindow } from '../scoring/window-padding.ts'
import { astGraph } from './ast-graph.ts'
import { astGraphInt8 } from './ast-int8.ts'
import type { AstWeights } from './ast-weights.ts'
import { astWeightsInGraph } from './ast-weights-in-graph.ts'
import { aboutFile, badModel } from './bad-model.ts'
import { checkEdition, type EditionCheck, PRECISIONS, refuseOther } from './edition-check.ts'
import { goldenFrames } from './golden-frames.ts'
import { readOnnx } from './onnx-file.ts'
import { fakeLogitsOfFile } from './onnx-run.ts'
import { unfinished } from './unfinished.ts'

type SmallPrecision = 'int8' | 'fp16'
type ManifestFile = ModelManifest['files'][number]

export interface QuantizedModel {
  readonly path: string
  readonly fp32Bytes: number
  readonly check: EditionCheck
}

/** Called before each step with what it is, and how much of the whole is done. */
export type OnStep = (step: string, done: number, of: number) => void

/** Made windows that are scored beside the golden one; the importer's golden window is the first of these sounds. */
const CHECK_SEEDS = [2, 3]
/** Reading and writing count as one each, as does each window with each edition. */
const STEPS = 2 + 2 * (1 + CHECK_SEEDS.length)

/**
 * Adds an edition to a model folder, made of its fp32 edition, which the importer must have written. The new file and then
 * the manifest are renamed into place, each whole.
 * @throws EarwitnessError `bad_model`: the edition is there, there is no fp32 edition, it is another program's graph, or what
 * came out differs by too much; the folder is then as it was
 */
export async function quantizeModel(
  folder: string,
  precision: SmallPrecision,
  onStep: OnStep,
): Promise<QuantizedModel> {
  const { manifest, goldenFrames: golden } = await readModelPackage(folder, 'auto')
  const source = sourceFor(manifest, precision)
  const sourcePath = join(folder, source.path)
  let done = 0
  const step = (words: string): void => onStep(words, done++, STEPS)

  step(`reading ${source.path}`)
  const weights = await aboutFile(sourcePath, async () => astWeightsInGraph(readOnnx(await readFile(sourcePath))))
  const windows = await checkWindows(manifest, golden)
  const fromFp32 = await fakeLogitsOfFile({ path: sourcePath }, manifest, windows, () =>
    step('scoring windows with fp32'),
  )
  const fakeLogits = [manifest.golden.fakeLogit, ...fromFp32.slice(1)]

  step(`writing ${precision}`)
  const path = `model.${precision}.onnx`
  const made = `.${randomUUID()}.onnx`
  return unfinished(join(folder, made), async () => {
    await writeFile(join(folder, made), graphOf(weights, precision))
    const edition = { path: made, precision, name: `the ${precision} edition` }
    const { check, file } = await checkEdition(folder, edition, manifest, { windows, fakeLogits }, () =>
      step(`scoring windows with ${precision}`),
    )
    refuseOther(check, 'the package stays as it is')
    const manifestWith = await withFile(folder, { ...file, path })
    await rename(join(folder, made), join(folder, path))
    await replace(join(folder, 'model.json'), manifestWith)
    return { path: join(folder, path), fp32Bytes: (await stat(sourcePath)).size, check }
  })
}

function sourceFor({ name, files }: ModelManifest, precision: SmallPrecision): ManifestFile {
  const there = files.find((file) => file.precision === precision || file.path === `model.${precision}.onnx`)
  if (there !== undefined) throw badModel(`${name} has an ${precision} edition already: ${there.path}`)
  const source = files.find((file) => file.precision === 'fp32')
  if (source !== undefined) return source
  const editions = files.map((file) => file.precision).join(', ')
  throw badModel(`${name} has no fp32 edition to make an ${precision} one of, only ${editions}; import it again`)
}

function graphOf(weights: AstWeights, precision: SmallPrecision): Uint8Array {
  return precision === 'int8' ? astGraphInt8(weights) : astGraph(weights, 'fp16')
}

/** The package's golden window, padded as a stream's, and made ones. */
async function checkWindows(manifest: ModelManifest, golden: Float32Array): Promise<Float32Array[]> {
  const { input, frontend } = manifest
  const window = new Float32Array(input.frames * frontend.melBins)
  window.set(golden)
  padWindow(window, golden.length / frontend.melBins, manifest)
  return [window, ...(await Promise.all(CHECK_SEEDS.map((seed) => goldenFrames(manifest, seed))))]
}

/** The manifest's text with one file more; whatever else stands in it stays. */
async function withFile(folder: string, file: ManifestFile): Promise<string> {
  const written = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))
  const order = ({ precision }: ManifestFile): number => PRECISIONS.indexOf(precision)
  const files = [...written.files, file].toSorted((a: ManifestFile, b: ManifestFile) => order(a) - order(b))
  const whole = { ...written, files }
  parseModelManifest(whole)
  return `${JSON.stringify(whole, undefined, 2)}\n`
}

async function replace(path: string, text: string): Promise<void> {
  const made = join(dirname(path), `.${randomUUID()}.${basename(path)}`)
  await unfinished(made, async () => {
    await writeFile(made, text)
    await rename(made, path)
  })
}
