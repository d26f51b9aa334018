import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse as parseNpy } from 'npyjs'
import { EarwitnessError } from '../protocol/errors.ts'
import { type ModelManifest, type Provider, type ProviderChoice, parseModelManifest } from './model-manifest.ts'

/** One edition of a model, and a provider to run it with. */
export interface Candidate {
  readonly path: string
  readonly provider: Provider
  /** How far the golden window's fake logit may be from the golden one. */
  readonly tolerance: number
  /** The same edition in two graphs, where it has them. */
  readonly parts?: { readonly backbone: string; readonly head: string }
}

/** A model folder whose manifest and checksums were found in order. */
export interface ModelPackage {
  readonly manifest: ModelManifest
  /** What to try for the wanted provider, best first. */
  readonly candidates: readonly Candidate[]
  /** The golden window's frames, row after row. */
  readonly goldenFrames: Float32Array
}

/** @throws EarwitnessError `bad_model`: no such folder, a bad manifest, a wrong checksum, no edition for the provider. */
export async function readModelPackage(folder: string, choice: ProviderChoice): Promise<ModelPackage> {
  const manifest = await readManifest(folder)
  const files = manifest.files.filter((file) => choice === 'auto' || file.providers.includes(choice))
  if (files.length === 0) {
    const suited = [...new Set(manifest.files.flatMap(({ providers }) => providers))].join(', ')
    throw new EarwitnessError(
      'bad_model',
      `${manifest.name} has no edition for the provider ${choice}, only for ${suited}`,
    )
  }
  for (const { path, sha256 } of files.flatMap((file) => [file, ...Object.values(file.parts ?? {})])) {
    await checkSum(folder, path, sha256)
  }
  return {
    manifest,
    candidates: files.flatMap(({ path, providers, parts, tolerance = manifest.golden.tolerance }) =>
      (choice === 'auto' ? providers : [choice]).map((provider) => ({
        path: join(folder, path),
        provider,
        tolerance,
        ...(parts && { parts: { backbone: join(folder, parts.backbone.path), head: join(folder, parts.head.path) } }),
      })),
    ),
    goldenFrames: await readGolden(folder, manifest),
  }
}

async function checkSum(folder: string, name: string, expected: string): Promise<void> {
  const found = createHash('sha256')
    .update(await read(folder, name))
    .digest('hex')
  if (found !== expected) {
    throw new EarwitnessError(
      'bad_model',
      `${join(folder, name)}: sha256 is ${found}, model.json says ${expected}: the file was changed or cut short; copy or import the model again`,
    )
  }
}

async function readManifest(folder: string): Promise<ModelManifest> {
  const value = await readJson(folder, 'model.json')
  try {
    return parseModelManifest(value)
  } catch (cause) {
    throw new EarwitnessError('bad_model', `${join(folder, '/')}${(cause as Error).message}`, { cause })
  }
}

async function readGolden(folder: string, { frontend, golden, input }: ModelManifest): Promise<Float32Array> {
  const bytes = await read(folder, golden.input)
  const refusal = (why: string): EarwitnessError =>
    new EarwitnessError('bad_model', `${join(folder, golden.input)}: ${why}`)
  let npy: ReturnType<typeof parseNpy>
  try {
    npy = parseNpy(new Uint8Array(bytes).buffer)
  } catch (cause) {
    throw refusal(`is no .npy: ${(cause as Error).message}`)
  }
  const { data, shape, fortranOrder } = npy
  if (fortranOrder) throw refusal('is written column by column; save it with numpy.ascontiguousarray')
  const [frames = 0, bins] = shape
  if (!(data instanceof Float32Array) || shape.length !== 2 || bins !== frontend.melBins) {
    throw refusal(`must be float32 [frames, ${frontend.melBins}]`)
  }
  if (data.length !== frames * bins) {
    throw refusal(`holds ${data.length} of the ${frames * bins} numbers that it announces; copy it again`)
  }
  if (frames < input.leastFrames || frames > input.frames) {
    throw refusal(`has ${frames} frames; the model takes ${input.leastFrames} to ${input.frames}`)
  }
  const wrong = data.findIndex((value) => !Number.isFinite(value))
  if (wrong !== -1) throw refusal(`holds ${data[wrong]} at index ${wrong}; every number must be finite`)
  return data
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const text = (await read(folder, name)).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EarwitnessError('bad_model', `${join(folder, name)}: ${(cause as Error).message}`, { cause })
  }
}

async function read(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name))
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const why = missing ? 'there is no such file; `earwitness model list` names the models' : (cause as Error).message
    throw new EarwitnessError('bad_model', `cannot read ${join(folder, name)}: ${why}`, { cause })
  }
}
