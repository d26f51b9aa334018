import * as v from 'valibot'
import { EarwitnessError } from './errors.ts'
import { jsonDepth } from './json-depth.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { parseStreamParameters, type StreamParameters } from './parameters.ts'

/** The text messages that a client may send. Binary messages are audio. */
export type ClientMessage =
  | { readonly type: 'start'; readonly parameters: StreamParameters }
  | { readonly type: 'keepAlive' }
  | { readonly type: 'finalize' }
  | { readonly type: 'close' }

const EnvelopeSchema = v.looseObject({ type: v.string() })

/**
 * Reads one text message. Unknown fields are ignored.
 * @throws EarwitnessError `bad_message` (not JSON, no type), `unknown_message` or `bad_parameter`.
 */
export function parseClientMessage(text: string, mostDepth: number = DEFAULT_LIMITS.jsonDepth.value): ClientMessage {
  if (jsonDepth(text) > mostDepth) {
    throw new EarwitnessError('bad_message', `a text message may nest ${mostDepth} levels deep; this one is deeper`)
  }
  const envelope = v.safeParse(EnvelopeSchema, parseJson(text))
  if (!envelope.success) {
    throw new EarwitnessError('bad_message', 'a text message must be a JSON object with a string "type"')
  }
  const { type, ...fields } = envelope.output
  switch (type) {
    case 'start':
      return { type, parameters: parseStreamParameters(fields) }
    case 'keepAlive':
    case 'finalize':
    case 'close':
      return { type }
    default:
      throw new EarwitnessError(
        'unknown_message',
        `type ${JSON.stringify(type.slice(0, 40))} is not known; known are start, keepAlive, finalize and close`,
      )
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EarwitnessError(
      'bad_message',
      `a text message must be JSON (audio goes into binary messages): ${(cause as Error).message}`,
      { cause },
    )
  }
}
