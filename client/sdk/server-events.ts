import * as v from 'valibot'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { type ServerEvent, ServerEventSchema } from '../../src/protocol/events.ts'

const EVENT_TYPES: ReadonlySet<string> = new Set(ServerEventSchema.options.map((schema) => schema.entries.type.literal))

/**
 * One text message of a server. A type that this version does not know gives undefined: newer servers may say more.
 * @throws EarwitnessError `bad_message` for what is not JSON or breaks the schema of its type.
 */
export function parseServerEvent(text: string): ServerEvent | undefined {
  const value = parseJson(text)
  const type = (value as { type?: unknown } | null)?.type
  if (typeof type === 'string' && !EVENT_TYPES.has(type)) return undefined
  const result = v.safeParse(ServerEventSchema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  throw new EarwitnessError('bad_message', `an event of the server breaks its schema: ${path(issue)}${issue.message}`)
}

function path(issue: v.BaseIssue<unknown>): string {
  const dotted = v.getDotPath(issue)
  return dotted === null ? '' : `${dotted}: `
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EarwitnessError('bad_message', 'a text message of the server is not JSON', { cause })
  }
}
