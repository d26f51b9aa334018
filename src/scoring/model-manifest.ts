import * as v from 'valibot'
import { EarwitnessError } from '../protocol/errors.ts'

/** What runs a model: onnxruntime's execution providers, by the names this program uses. */
export const PROVIDERS = ['cpu', 'webgpu', 'cuda', 'tensorrt', 'coreml', 'dml'] as const
export type Provider = (typeof PROVIDERS)[number]
export type ProviderChoice = Provider | 'auto'

const probability = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const positive = v.pipe(v.number(), v.gtValue(0))
const lowHz = v.pipe(v.number(), v.minValue(0))
const highHz = v.pipe(v.number(), v.maxValue(8000))
const positiveInteger = v.pipe(v.number(), v.integer(), v.minValue(1))
/** A file inside the package's own folder. */
const fileName = v.pipe(v.string(), v.regex(/^[\w][\w.-]*$/, 'must be a plain file name inside the package'))
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const part = v.object({ path: fileName, sha256 })

const FrontEndSchema = v.variant('kind', [
  v.object({
    kind: v.literal('torchaudio-mel'),
    sampleRate: v.literal(16_000),
    fftSize: v.literal(2048),
    hopSamples: v.literal(160),
    melBins: v.literal(128),
    lowHz,
    highHz,
    floor: positive,
    /** normalised = (dB + offset) / scale */
    offset: v.number(),
    scale: positive,
  }),
  v.object({
    kind: v.literal('kaldi-fbank'),
    sampleRate: v.literal(16_000),
    frameSamples: v.literal(400),
    fftSize: v.literal(512),
    hopSamples: v.literal(160),
    melBins: v.literal(128),
    lowHz,
    highHz,
    preemphasis: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    floor: positive,
    /** normalised = (ln − mean) / (2 · std), as in Hugging Face's `preprocessor_config.json` */
    mean: v.number(),
    std: positive,
  }),
])

/**
 * A model in two graphs, for streams: of new frames the backbone makes embeddings, each of its own frames alone, and of a
 * window's embeddings the head makes the output. The tensors are float32 but for `validTensor`.
 */
const IncrementalSchema = v.object({
  /** Frames that one embedding depends on. */
  receptiveFrames: positiveInteger,
  /** Frames from one embedding to the next. */
  strideFrames: positiveInteger,
  embeddingWidth: positiveInteger,
  /** `input` [batch, frames, bins] → `output` [batch, embeddings, width] */
  backbone: v.object({ input: v.string(), output: v.string() }),
  /** `input` [batch, embeddings, width] and how many of them count, int64 [batch] → `output`, which means what the model's does */
  head: v.object({
    input: v.string(),
    validTensor: v.string(),
    output: v.string(),
    /** [batch, embeddings]: what each embedding adds to a logit; those that count add up to it. */
    evidence: v.optional(v.string()),
  }),
})

/** The single place that says what a model means. Read from `model.json`, checked before anything is loaded. */
export const ModelManifestSchema = v.object({
  name: v.pipe(v.string(), v.regex(/^[\w][\w.-]{0,63}$/)),
  version: v.string(),
  licence: v.string(),
  card: fileName,
  frontend: FrontEndSchema,
  input: v.object({
    tensor: v.string(),
    frames: positiveInteger,
    /** What stands behind the frames of a window that is not yet full; `zero` is the front end's own padding value. */
    padding: v.picklist(['zero', 'repeat', 'length']),
    /** The int64 tensor of valid frames, for `length`. */
    lengthTensor: v.optional(v.string()),
    /** The fewest frames that the model judges. */
    leastFrames: positiveInteger,
  }),
  output: v.object({
    tensor: v.string(),
    kind: v.picklist(['logit', 'two-logits', 'probability']),
    /** Which sign of a logit, or which index of two, means fake. */
    fake: v.union([v.picklist(['positive', 'negative']), v.picklist([0, 1])]),
  }),
  /** calibrated fake logit = scale · fake logit + bias */
  calibration: v.object({ scale: positive, bias: v.number(), fittedOn: v.string() }),
  decision: v.object({
    threshold: probability,
    /** An alert is raised at or above `raise` and cleared below `clear`. */
    raise: probability,
    clear: probability,
    leastSpeechSeconds: v.pipe(v.number(), v.minValue(0)),
    /** What `raise` and `clear` were chosen on. */
    fittedOn: v.optional(v.string()),
  }),
  files: v.pipe(
    v.array(
      v.object({
        path: fileName,
        precision: v.picklist(['fp32', 'fp16', 'int8']),
        /** Best first. */
        providers: v.pipe(v.array(v.picklist(PROVIDERS)), v.minLength(1)),
        sha256,
        /** How far this edition's golden logit may be; `golden.tolerance` without it. */
        tolerance: v.optional(positive),
        /** The same edition in two graphs, as `incremental` describes them; without them it scores whole windows. */
        parts: v.optional(v.object({ backbone: part, head: part })),
      }),
    ),
    v.minLength(1),
  ),
  incremental: v.optional(IncrementalSchema),
  /** Frames, and the fake logit that the program which trained the model gave for them. */
  golden: v.object({ input: fileName, fakeLogit: v.number(), tolerance: positive }),
})

export type ModelManifest = v.InferOutput<typeof ModelManifestSchema>

/** @throws EarwitnessError `bad_model`, naming the field and what is wrong with it. */
export function parseModelManifest(value: unknown): ModelManifest {
  const result = v.safeParse(ModelManifestSchema, value, { abortEarly: true })
  if (!result.success) {
    const [issue] = result.issues
    throw new EarwitnessError('bad_model', `model.json: ${v.getDotPath(issue) ?? 'top level'}: ${issue.message}`)
  }
  checkTogether(result.output)
  return result.output
}

/** What no field can show alone. */
function checkTogether({ frontend, input, output, decision, incremental, files }: ModelManifest): void {
  if (frontend.lowHz >= frontend.highHz) refuse('frontend.lowHz', 'must be below frontend.highHz')
  if (input.padding === 'length' && input.lengthTensor === undefined) {
    refuse('input.lengthTensor', 'is needed where padding is "length"')
  }
  if (output.kind === 'two-logits' && typeof output.fake !== 'number') {
    refuse('output.fake', 'must be 0 or 1, the index of the fake one of two logits')
  }
  if (output.kind !== 'two-logits' && typeof output.fake === 'number') {
    refuse('output.fake', `must be "positive" or "negative": what more of a ${output.kind} means`)
  }
  if (decision.clear > decision.raise) refuse('decision.clear', 'must not be above decision.raise')
  if (decision.threshold > decision.raise) refuse('decision.threshold', 'must not be above decision.raise')
  if (incremental === undefined) {
    if (files.some(({ parts }) => parts !== undefined)) refuse('incremental', 'is needed where a file has parts')
    return
  }
  if (incremental.head.evidence !== undefined && output.kind !== 'logit') {
    refuse('incremental.head.evidence', 'is only for models whose output.kind is "logit"')
  }
  if (input.padding !== 'length') refuse('incremental', 'is only for models whose input.padding is "length"')
  if (incremental.receptiveFrames > input.leastFrames) {
    refuse('incremental.receptiveFrames', 'must not be above input.leastFrames')
  }
}

function refuse(field: string, why: string): never {
  throw new EarwitnessError('bad_model', `model.json: ${field}: ${why}`)
}
