import * as v from 'valibot'
import { EarwitnessError } from './errors.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'

/** Raw encodings carry samples alone; containers carry their own rate and channels; `opus` is one packet a message. */
export const ENCODINGS = ['s16le', 'f32le', 'mulaw', 'alaw', 'opus', 'ogg-opus', 'webm-opus'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** What a file or a pipe may be said to hold: neither tells where a packet ends. */
export const FILE_ENCODINGS = ENCODINGS.filter((encoding) => encoding !== 'opus')

/** Bytes of one sample of one channel; none for Opus, whose packets have no fixed size. */
const SAMPLE_BYTES: { readonly [encoding in Encoding]?: number } = { s16le: 2, f32le: 4, mulaw: 1, alaw: 1 }

/** Hertz of raw audio and of WAVs. */
export const LOWEST_RATE = 8_000
export const HIGHEST_RATE = 96_000

export const EVENT_TYPES = ['ready', 'score', 'alert', 'warning', 'summary', 'error'] as const

/** Characters of a resume token. A `start` message with one fits `textBytes`. */
export const MOST_TOKEN_CHARACTERS = 15_000

const CONTAINERS: ReadonlySet<Encoding> = new Set<Encoding>(['ogg-opus', 'webm-opus'])

export function isContainer(encoding: Encoding): boolean {
  return CONTAINERS.has(encoding)
}

/** Whether a stream of this encoding can be resumed: containers cannot be entered in their middle. */
export function isResumable(encoding: Encoding): boolean {
  return !isContainer(encoding)
}

/** Bytes of one sample of all channels; undefined for Opus, whose packets have no fixed size. */
export function frameBytes({
  encoding,
  channels,
}: Pick<StreamParameters, 'encoding' | 'channels'>): number | undefined {
  const bytes = SAMPLE_BYTES[encoding]
  return bytes === undefined ? undefined : bytes * channels
}

/** Of audio in real time; undefined for Opus. */
export function bytesPerSecond(
  parameters: Pick<StreamParameters, 'encoding' | 'channels' | 'sampleRate'>,
): number | undefined {
  const bytes = frameBytes(parameters)
  return bytes === undefined ? undefined : bytes * parameters.sampleRate
}

const integerFrom = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))

const numberFrom = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most))

/** What a client asks of a stream, in the query of the upgrade or in a first `start` message. */
export const StreamParametersSchema = v.object({
  encoding: v.optional(v.picklist(ENCODINGS), 's16le'),
  /** Hertz; Opus is decoded straight to 16 kHz whatever is said here. */
  sampleRate: v.optional(integerFrom(LOWEST_RATE, HIGHEST_RATE), 16_000),
  channels: v.optional(integerFrom(1, DEFAULT_LIMITS.channels.value), 1),
  /** True: the mean of all channels is scored as one. */
  downmix: v.optional(v.boolean(), false),
  /** Seconds of audio between the ends of two windows. */
  hop: v.optional(numberFrom(0.1, 10), 0.5),
  /** Seconds of audio after which an old score weighs half. */
  halfLife: v.optional(numberFrom(0, 60), 2),
  /** True: score events say which stretches of the window speak for fake, where the model can say it. */
  evidence: v.optional(v.boolean(), false),
  /** The name of a loaded model; the server's default without it. */
  model: v.optional(v.pipe(v.string(), v.maxLength(128))),
  /** True: the stream can go on after a broken connection, and gets `ack` events for that. The token of an `ack`: it goes on. */
  resume: v.optional(v.union([v.boolean(), v.pipe(v.string(), v.maxLength(MOST_TOKEN_CHARACTERS))]), false),
  /** Which kinds of event to send; all without it. `ready` and `error` always come. */
  events: v.optional(v.array(v.picklist(EVENT_TYPES))),
  /** An opaque name that comes back in `ready` and in logs. */
  label: v.optional(v.pipe(v.string(), v.maxLength(DEFAULT_LIMITS.labelCharacters.value))),
})

export type StreamParameters = v.InferOutput<typeof StreamParametersSchema>
export type StreamRequest = v.InferInput<typeof StreamParametersSchema>

/**
 * Parameters from any JSON value. Unknown fields are ignored.
 * @throws EarwitnessError `bad_parameter`, naming the parameter, what was got and what is allowed.
 */
export function parseStreamParameters(value: unknown): StreamParameters {
  const result = v.safeParse(StreamParametersSchema, value, { abortEarly: true })
  if (result.success) return checked(result.output)
  const [issue] = result.issues
  const name = v.getDotPath(issue) ?? 'parameters'
  throw new EarwitnessError('bad_parameter', `${name}: ${issue.message}`)
}

function checked(parameters: StreamParameters): StreamParameters {
  const { resume, encoding, channels } = parameters
  if (encoding === 'opus') checkOpusChannels(channels)
  if (resume !== true || isResumable(encoding)) return parameters
  throw new EarwitnessError(
    'bad_parameter',
    `resume: a stream of ${encoding} cannot be entered in its middle; raw packets (opus) can`,
  )
}

/** @throws EarwitnessError `bad_parameter` */
export function checkOpusChannels(channels: number): void {
  if (channels <= 2) return
  throw new EarwitnessError('bad_parameter', `channels: opus packets hold 1 or 2 channels, got ${channels}`)
}

/** Where a server allows less than the protocol does. @throws EarwitnessError `bad_parameter` */
export function checkWithin(
  limits: Pick<Limits, 'channels' | 'labelCharacters'>,
  { channels, label = '' }: Pick<StreamParameters, 'channels' | 'label'>,
): void {
  checkAtMost(limits.channels, 'channels', channels)
  checkAtMost(limits.labelCharacters, 'label', label.length, ' characters')
}

function checkAtMost(most: number, name: string, got: number, unit = ''): void {
  if (got <= most) return
  throw new EarwitnessError('bad_parameter', `${name}: this server allows at most ${most}${unit}, got ${got}`)
}

/**
 * Parameters from a query string: numbers and booleans are read from their text, `events` is a comma list.
 * @throws EarwitnessError `bad_parameter`.
 */
export function parseStreamQuery(query: URLSearchParams): StreamParameters {
  const value: Record<string, unknown> = {}
  for (const [name, text] of query) {
    if (Object.hasOwn(value, name)) throw new EarwitnessError('bad_parameter', `${name}: given twice`)
    value[name] = fromText(name, text)
  }
  return parseStreamParameters(value)
}

function fromText(name: string, text: string): unknown {
  switch (name) {
    case 'sampleRate':
    case 'channels':
    case 'hop':
    case 'halfLife':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
    case 'downmix':
    case 'evidence':
    case 'resume':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'events':
      return text.split(',').map((kind) => kind.trim())
    default:
      return text
  }
}
