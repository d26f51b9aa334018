import * as v from 'valibot'
import { ERROR_CODES, type ErrorCode } from './errors.ts'
import { ENCODINGS } from './parameters.ts'
import { WARNING_CODES, type WarningCode } from './warnings.ts'

const probability = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const seconds = v.pipe(v.number(), v.minValue(0))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

export const VERDICTS = ['real', 'fake', 'uncertain', 'inconclusive'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Why a window is not judged. */
export const INCONCLUSIVE_REASONS = ['too_short', 'silence', 'too_little_speech', 'not_speech', 'gap'] as const
export type InconclusiveReason = (typeof INCONCLUSIVE_REASONS)[number]

/** The audio as the server understood it. */
const AudioSchema = v.object({
  encoding: v.picklist(ENCODINGS),
  /** Hertz and channels of the input; null until a container's header has arrived. */
  sampleRate: v.nullable(count),
  channels: v.nullable(count),
  downmix: v.boolean(),
})

export const ReadySchema = v.object({
  type: v.literal('ready'),
  streamId: v.string(),
  label: v.optional(v.string()),
  model: v.object({ name: v.string(), version: v.string() }),
  /** The execution provider that scores: cpu, webgpu, cuda … */
  provider: v.string(),
  calibration: v.object({ scale: v.number(), bias: v.number(), fittedOn: v.string() }),
  decision: v.object({ threshold: probability, raise: probability, clear: probability, leastSpeechSeconds: seconds }),
  /** Seconds of audio in a full window, and between the ends of two windows. */
  window: seconds,
  hop: seconds,
  halfLife: seconds,
  limits: v.record(v.string(), v.number()),
  audio: AudioSchema,
})

export const ScoreSchema = v.object({
  type: v.literal('score'),
  channel: count,
  /** Counts the windows of a channel that were due, so a skipped one leaves a hole. */
  seq: count,
  /** Seconds from the stream's first sample to the window's edges. */
  start: seconds,
  end: seconds,
  /** Smoothed; null until the first judged window. Held, not moved, by an inconclusive one. */
  fakeProbability: v.nullable(probability),
  /** Of this window alone; null if it was not judged. */
  windowFakeProbability: v.nullable(probability),
  verdict: v.picklist(VERDICTS),
  reason: v.optional(v.picklist(INCONCLUSIVE_REASONS)),
  /** True while the window is not yet full. */
  provisional: v.boolean(),
  speechSeconds: seconds,
  /** Milliseconds of the window that never arrived. */
  gapMs: count,
  /** Windows of this channel passed over since the event before. */
  skipped: count,
  /** Milliseconds from the arrival of the window's last sample to this event. */
  latencyMs: seconds,
  /** Where it was asked for: what each stretch of `step` seconds, the first from `start` on, adds to the window's fake logit. */
  evidence: v.optional(v.object({ start: seconds, step: seconds, fakeEvidence: v.array(v.number()) })),
})

export const AlertSchema = v.object({
  type: v.literal('alert'),
  state: v.picklist(['raised', 'cleared']),
  channel: count,
  /** Seconds: where the fake begins by the model's evidence, or else where the probability first stood high; the end of the window that decided. */
  onset: seconds,
  at: seconds,
  fakeProbability: probability,
})

export const WarningSchema = v.object({
  type: v.literal('warning'),
  code: v.picklist(Object.keys(WARNING_CODES) as WarningCode[]),
  message: v.string(),
  channel: v.optional(count),
  /** Seconds from the stream's first sample. */
  at: v.optional(seconds),
})

export const ChannelSummarySchema = v.object({
  channel: count,
  duration: seconds,
  speechSeconds: seconds,
  gapMs: count,
  /** Windows that were judged, inconclusive, skipped and failed. */
  scored: count,
  inconclusive: count,
  skipped: count,
  failed: count,
  /** Of the windows' own probabilities; null if none was judged. */
  meanFakeProbability: v.nullable(probability),
  /** The highest smoothed probability; null if no window was judged. */
  peakFakeProbability: v.nullable(probability),
  verdict: v.picklist(VERDICTS),
  reason: v.optional(v.picklist(INCONCLUSIVE_REASONS)),
  /** Stretches under alert, in seconds; `end` is null while one is still raised. */
  alerts: v.array(v.object({ start: seconds, end: v.nullable(seconds), peakFakeProbability: probability })),
  /** The run that speaks most for fake, alert or not, and what it adds to a window's logit; absent where nothing does. */
  strongestEvidence: v.optional(v.object({ start: seconds, end: seconds, fakeEvidence: v.number() })),
})

export const SummarySchema = v.object({
  type: v.literal('summary'),
  streamId: v.string(),
  model: v.object({ name: v.string(), version: v.string() }),
  calibration: v.object({ scale: v.number(), bias: v.number(), fittedOn: v.string() }),
  channels: v.array(ChannelSummarySchema),
})

export const ErrorSchema = v.object({
  type: v.literal('error'),
  code: v.picklist(Object.keys(ERROR_CODES) as ErrorCode[]),
  message: v.string(),
  /** True: the socket is closed after this event. */
  fatal: v.boolean(),
  channel: v.optional(count),
  start: v.optional(seconds),
  end: v.optional(seconds),
})

/** Everything that a server sends, told apart by `type`. */
export const ServerEventSchema = v.variant('type', [
  ReadySchema,
  ScoreSchema,
  AlertSchema,
  WarningSchema,
  SummarySchema,
  ErrorSchema,
])

export type ReadyEvent = v.InferOutput<typeof ReadySchema>
export type ScoreEvent = v.InferOutput<typeof ScoreSchema>
export type AlertEvent = v.InferOutput<typeof AlertSchema>
export type WarningEvent = v.InferOutput<typeof WarningSchema>
export type ChannelSummary = v.InferOutput<typeof ChannelSummarySchema>
export type SummaryEvent = v.InferOutput<typeof SummarySchema>
export type ErrorEvent = v.InferOutput<typeof ErrorSchema>
export type ServerEvent = v.InferOutput<typeof ServerEventSchema>
