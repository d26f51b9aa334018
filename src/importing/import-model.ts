import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { ModelManifest } from '../scoring/model-manifest.ts'
import { astGraph } from './ast-graph.ts'
import { astGraphInt8 } from './ast-int8.ts'
import { AST_INPUT, AST_OUTPUT } from './ast-nodes.ts'
import { type AstWeights, astWeightsFrom, type NamedAstWeights } from './ast-weights.ts'
import { aboutFile, badModel } from './bad-model.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Precision } from './edition-check.ts'
import { readHuggingFaceFolder } from './hugging-face-folder.ts'
import { MANIFEST_FRONT_ENDS } from './manifest-front-ends.ts'
import { cardFor } from './model-card.ts'
import { readOnnx } from './onnx-file.ts'
import { precisionOf } from './onnx-precision.ts'
import { type OnnxPort, onnxFace } from './onnx-run.ts'
import { type FakeIndex, fakeIndexFrom } from './polarity.ts'
import { readPth } from './pth.ts'
import { readSafetensors } from './safetensors.ts'
import { type Edition, type PackagePlan, type WrittenPackage, writePackage } from './write-package.ts'

type Frontend = ModelManifest['frontend']
type OutputKind = ModelManifest['output']['kind']

/** What the user says of a model; where the files say it themselves, this goes before them. */
export interface ImportOptions {
  readonly name: string
  /** The folder to make. */
  readonly out: string
  readonly frontend?: Frontend['kind']
  /** Only an `.onnx` needs it. */
  readonly output?: OutputKind
  readonly fakeIndex?: FakeIndex
  readonly editions: readonly Precision[]
  readonly licence?: string
  /** Where it came from, as its card shall say. */
  readonly source: string
}

export interface ImportedModel extends WrittenPackage {
  /** What was taken for granted, in sentences. */
  readonly assumptions: readonly string[]
}

/**
 * Makes a model folder of a checkpoint: `.pth`, `.safetensors`, a Hugging Face folder, or an `.onnx` as it is.
 * @throws EarwitnessError `bad_model`, saying what is wrong or what must be said with an option; what looking for the path throws
 */
export async function importModel(path: string, options: ImportOptions): Promise<ImportedModel> {
  const isFolder = (await stat(path)).isDirectory()
  if (!isFolder && extname(path).toLowerCase() === '.onnx') return importOnnx(path, options)
  const checkpoint = isFolder ? await readHuggingFaceFolder(path) : await readFileOfWeights(path)
  return importAst(checkpoint, options)
}

/** What a model is called if nobody says it: the name of its file or folder, in the letters that names have. */
export function nameFrom(path: string): string {
  const stem = basename(path).replace(/\.(pth|pt|bin|onnx|safetensors)$/i, '')
  return (
    stem
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[^\w]+/, '')
      .slice(0, 64) || 'model'
  )
}

async function readFileOfWeights(path: string): Promise<Checkpoint> {
  const isSafetensors = extname(path).toLowerCase() === '.safetensors'
  // The seed's detector has one output, of which more means fake; two outputs have no such custom.
  return { tensors: await (isSafetensors ? readSafetensors : readPth)(path), ast: {}, customaryFakeIndex: 1 }
}

async function importAst(checkpoint: Checkpoint, options: ImportOptions): Promise<ImportedModel> {
  const weights = astWeightsFrom(checkpoint.tensors, checkpoint.ast)
  const assumptions: string[] = []
  const frontend = frontendOf(checkpoint, options, assumptions)
  const output: ModelManifest['output'] = {
    tensor: AST_OUTPUT,
    ...meaningOf(
      weights.outputs === 2 ? 'two-logits' : 'logit',
      fakeIndexOf(checkpoint, weights, options, assumptions),
    ),
  }
  const licence = options.licence ?? checkpoint.licence
  const plan: PackagePlan = {
    manifest: manifestOf(
      { ...options, ...(licence !== undefined && { licence }) },
      frontend,
      AST_INPUT,
      weights.frames,
      output,
    ),
    card: cardFor(options.source, describe(weights), licence, assumptions),
    editions: options.editions.map((precision) => editionOf(weights, precision)),
    reference: editionOf(weights, 'fp32'),
  }
  return { ...(await writePackage(options.out, plan)), assumptions }
}

function describe({ width, heads, blocks, frames, family }: NamedAstWeights): string {
  return `An Audio Spectrogram Transformer (${family}): ${blocks.length} blocks, ${width} wide, ${heads} heads, ${frames} frames.`
}

function editionOf(weights: AstWeights, precision: Precision): Edition {
  const bytes = (): Uint8Array => (precision === 'int8' ? astGraphInt8(weights) : astGraph(weights, precision))
  return { precision, name: `the ${precision} edition`, write: (path) => writeFile(path, bytes()) }
}

function frontendOf(checkpoint: Checkpoint, { frontend: wanted }: ImportOptions, assumptions: string[]): Frontend {
  if (wanted !== undefined && wanted !== checkpoint.frontend?.kind) return MANIFEST_FRONT_ENDS[wanted]
  if (checkpoint.frontend !== undefined) return checkpoint.frontend
  assumptions.push(
    'The front end is torchaudio-mel, as of the detectors that are saved like this; if it was trained with ASTFeatureExtractor or kaldi.fbank, import it with --frontend kaldi-fbank.',
  )
  return MANIFEST_FRONT_ENDS['torchaudio-mel']
}

function fakeIndexOf(
  checkpoint: Checkpoint,
  weights: AstWeights,
  options: ImportOptions,
  assumptions: string[],
): FakeIndex {
  if (options.fakeIndex !== undefined) return options.fakeIndex
  const labels = checkpoint.labels
  if (labels !== undefined) {
    if (labels.length === weights.outputs) return fakeIndexFrom(labels)
    throw badModel(`config.json names ${labels.length} labels, the weights have ${weights.outputs} outputs`)
  }
  if (weights.outputs === 1 && checkpoint.customaryFakeIndex !== undefined) {
    assumptions.push(
      'More of its output means fake. If it means real, import it with --fake-index 0; earwitness model verify NAME --data MANIFEST proves it.',
    )
    return checkpoint.customaryFakeIndex
  }
  throw badModel('nothing says which of its two outputs is fake: say it with --fake-index 0 or 1')
}

/** Of one value, index 1 means that more of it is fake. */
function meaningOf(kind: OutputKind, fakeIndex: FakeIndex): Pick<ModelManifest['output'], 'kind' | 'fake'> {
  if (kind === 'two-logits') return { kind, fake: fakeIndex }
  return { kind, fake: fakeIndex === 1 ? 'positive' : 'negative' }
}

function manifestOf(
  { name, licence }: Pick<ImportOptions, 'name' | 'licence'>,
  frontend: Frontend,
  tensor: string,
  frames: number,
  output: ModelManifest['output'],
): PackagePlan['manifest'] {
  // One second of audio; the recipes differ in how many frames begin in it.
  const inOneSecond = frontend.kind === 'kaldi-fbank' ? 98 : 100
  return {
    name,
    version: '1',
    licence: licence ?? 'unknown',
    frontend,
    input: { tensor, frames, padding: 'zero', leastFrames: Math.min(inOneSecond, frames) },
    output,
    calibration: { scale: 1, bias: 0, fittedOn: 'nothing: the logit is as the model gives it' },
    decision: { threshold: 0.5, raise: 0.8, clear: 0.6, leastSpeechSeconds: 0.5 },
  }
}

async function importOnnx(path: string, options: ImportOptions): Promise<ImportedModel> {
  const { frontend, output: kind } = options
  if (frontend === undefined || kind === undefined) {
    throw badModel(
      `${path}: an .onnx does not say what it takes and gives: say it with --frontend (${Object.keys(MANIFEST_FRONT_ENDS).join(' or ')}) and --output (logit, two-logits or probability)`,
    )
  }
  if (kind === 'two-logits' && options.fakeIndex === undefined) {
    throw badModel(`${path}: nothing says which of its two outputs is fake: say it with --fake-index 0 or 1`)
  }
  const face = await onnxFace(path)
  const input = only(face.inputs, 'input', path)
  const output = only(face.outputs, 'output', path)
  const frames = framesOf(input, path)
  const assumptions = options.fakeIndex === undefined ? [`More of its ${kind} means fake.`] : []
  const bytes = await readFile(path)
  const precision = await aboutFile(path, async () => precisionOf(readOnnx(bytes)))
  const edition: Edition = { precision, name: path, write: (target) => copyFile(path, target) }
  const manifest = manifestOf(options, MANIFEST_FRONT_ENDS[frontend], input.name, frames, {
    tensor: output.name,
    ...meaningOf(kind, options.fakeIndex ?? 1),
  })
  const card = cardFor(
    options.source,
    `An ONNX file of ${bytes.length} bytes, ${precision}, taken as it is.`,
    options.licence,
    assumptions,
  )
  return {
    ...(await writePackage(options.out, { manifest, card, editions: [edition], reference: edition })),
    assumptions,
  }
}

function only(ports: readonly OnnxPort[], what: string, path: string): OnnxPort {
  const [port, ...others] = ports
  if (port !== undefined && others.length === 0 && port.type === 'float32') return port
  const found = ports.map(({ name, type }) => `${name} (${type})`).join(', ')
  throw badModel(`${path}: must have one ${what} of float32; it has ${found || 'none'}`)
}

function framesOf({ name, shape }: OnnxPort, path: string): number {
  const [, frames, bins] = shape
  const fits = shape.length === 3 && (typeof bins !== 'number' || bins === 128)
  if (!fits)
    throw badModel(`${path}: its input ${name} has the shape [${shape.join(', ')}]; [batch, frames, 128] is needed`)
  return typeof frames === 'number' && frames > 0 ? frames : 1024
}
