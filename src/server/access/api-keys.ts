import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import { EarwitnessError } from '../../protocol/errors.ts'
import { readNamedFile } from '../named-file.ts'
import type { Caller } from './caller.ts'

const KEY_PREFIX = 'ewk_'
const KEY_BYTES = 32

const SHA256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 of 64 hexadecimal digits'))
const NAME = v.pipe(
  v.string(),
  v.regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
)

/** A key as it is kept: nobody can connect with what is stored. */
const StoredKeySchema = v.strictObject({
  name: NAME,
  sha256: SHA256,
  created: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  /** Nothing is let in with it from then on. */
  expires: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  /** Streams that may be open with it at once, instead of the limit `keyStreams`. */
  streams: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
})
const KeyFileSchema = v.strictObject({ keys: v.array(StoredKeySchema) })

export type StoredKey = v.InferOutput<typeof StoredKeySchema>

/** A key of 256 random bits. Its plain SHA-256 is kept: what cannot be guessed needs no slow hash. */
export function newKey(): { readonly secret: string; readonly sha256: string } {
  const secret = KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url')
  return { secret, sha256: sha256(secret).toString('hex') }
}

export function isApiKey(secret: string): boolean {
  return secret.startsWith(KEY_PREFIX)
}

/** @throws EarwitnessError `bad_parameter` naming the file and the field; what reading the file throws */
export function readKeyFile(path: string): StoredKey[] {
  const { keys } = checked(KeyFileSchema, parseJson(path), path)
  for (const [at, { name }] of keys.entries()) {
    if (keys.findIndex((key) => key.name === name) !== at) throw bad(path, `the name ${name} stands there twice`)
  }
  return keys
}

/** `NAME=SHA256`, as `earwitness key new` prints it. @throws EarwitnessError `bad_parameter` */
export function storedKeyFrom(text: string): StoredKey {
  const [name, hash] = text.split('=', 2)
  return checkedKey({ name, sha256: hash }, '--key')
}

/** @throws EarwitnessError `bad_parameter` naming where it came from and the field */
export function checkedKey(value: unknown, where: string): StoredKey {
  return checked(StoredKeySchema, value, where)
}

/** The keys that open the server. */
export class ApiKeys {
  readonly #keys: readonly { readonly stored: StoredKey; readonly hash: Buffer }[]

  constructor(keys: readonly StoredKey[]) {
    this.#keys = keys.map((stored) => ({ stored, hash: Buffer.from(stored.sha256, 'hex') }))
  }

  /** Whose key it is. All are compared, each in constant time, so that the time tells nothing. */
  callerOf(secret: string, now = Date.now()): Caller | undefined {
    const hash = sha256(secret)
    let found: StoredKey | undefined
    for (const key of this.#keys) if (timingSafeEqual(key.hash, hash)) found = key.stored
    if (found === undefined || (found.expires !== undefined && Date.parse(found.expires) <= now)) return undefined
    const { name, streams } = found
    return { name, ...(streams !== undefined && { streams }) }
  }
}

function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function parseJson(path: string): unknown {
  const text = readNamedFile(path).toString()
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw bad(path, `is not JSON: ${(cause as Error).message}`)
  }
}

function checked<Output>(schema: v.GenericSchema<unknown, Output>, value: unknown, where: string): Output {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  throw bad(where, `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`)
}

function bad(where: string, what: string): EarwitnessError {
  return new EarwitnessError('bad_parameter', `${where}: ${what}; \`earwitness key new NAME\` makes a key`)
}
