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
  decision: v.object({
    threshold: probability,
    raise: probability,
    clear: probability,
    leastSpeechSeconds: seconds,
    fittedOn: v.optional(v.string()),
  }),
  /** Seconds of audio in a full window, and between the ends of two windows. */
  window: seconds,
  hop: seconds,
  halfLife: seconds,
  limits: v.record(v.string(), v.number()),
  audio: AudioSchema,
  /** Where a token was brought: the stream goes on from `at` seconds, once the audio from this byte on has come again. */
  resumed: v.optional(v.object({ at: seconds, replayFrom: count })),
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
  /** Alerts before these, which the summary no longer lists; absent where it lists all. */
  earlierAlerts: v.optional(count),
  /** The run that speaks most for fake, alert or not, and what it adds to a window's logit; absent where nothing does. */
  strongestEvidence: v.optional(v.object({ start: seconds, end: seconds, fakeEvidence: v.number() })),
})

export const SummarySchema = v.object({
  type: v.literal('summary'),
  streamId: v.string(),
  model: v.object({ name: v.string(), version: v.string() }),
  calibration: v.object({ scale: v.number(), bias: v.number(), fittedOn: v.string() }),
  channels: v.array(ChannelSummarySchema),
  /** Of what came so far, where the server ends the connection of a stream that can go on elsewhere. */
  leaving: v.optional(v.literal(true)),
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

/** Where `resume` was asked for: what is kept of the stream so far. */
export const AckSchema = v.object({
  type: v.literal('ack'),
  /** Seconds of audio that have been gone through, and whose events have been sent. */
  at: seconds,
  /** The first byte of the stream's audio that a resumption would need; those before may be forgotten. */
  keepFrom: count,
  /** How many `finalize` messages have been answered. */
  finalized: count,
  /** What `resume` of the next connection takes. */
  token: v.string(),
})

/** The server stops soon. A stream with `resume` moves: it connects anew and goes on; others get their summary. */
export const DrainingSchema = v.object({
  type: v.literal('draining'),
  /** Seconds until the connection is closed. */
  deadline: seconds,
})

/** Everything that a server sends, told apart by `type`. */
export const ServerEventSchema = v.variant('type', [
  ReadySchema,
  ScoreSchema,
  AlertSchema,
  WarningSchema,
  SummarySchema,
  AckSchema,
  DrainingSchema,
  ErrorSchema,
])

export type ReadyEvent = v.InferOutput<typeof ReadySchema>
export type ScoreEvent = v.InferOutput<typeof ScoreSchema>
export type AlertEvent = v.InferOutput<typeof AlertSchema>
export type WarningEvent = v.InferOutput<typeof WarningSchema>
export type ChannelSummary = v.InferOutput<typeof ChannelSummarySchema>
export type SummaryEvent = v.InferOutput<typeof SummarySchema>
export type AckEvent = v.InferOutput<typeof AckSchema>
export type DrainingEvent = v.InferOutput<typeof DrainingSchema>
export type ErrorEvent = v.InferOutput<typeof ErrorSchema>
export type ServerEvent = v.InferOutput<typeof ServerEventSchema>
