import { createPublicKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import * as v from 'valibot'
import { EarwitnessError } from '../../protocol/errors.ts'
import { readNamedFile } from '../named-file.ts'
import type { Caller } from './caller.ts'

const LEAST_SECRET_BYTES = 32
/** One algorithm, by its old and its new name. */
const EDWARDS = ['EdDSA', 'Ed25519']
const CLOCK_TOLERANCE_SECONDS = 5

const ClaimsSchema = v.object({
  sub: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  streams: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
})

export interface JsonWebTokenOptions {
  /** A public key or certificate in PEM (RS256, EdDSA), a JWK set, or a secret of at least 32 bytes (HS256). */
  readonly keyFile: string
  readonly issuer?: string
  readonly audience?: string
}

interface Trusted {
  readonly key: KeyObject | Uint8Array | JWTVerifyGetKey
  readonly algorithms: readonly string[]
}

/** Tokens that somebody else signs. The kind of key alone decides the algorithm, whatever a token says of itself. */
export class JsonWebTokens {
  readonly #trusted: Trusted
  readonly #options: JWTVerifyOptions

  /** @throws EarwitnessError `bad_parameter` for a file that holds no such key; what reading it throws */
  constructor({ keyFile, issuer, audience }: JsonWebTokenOptions) {
    this.#trusted = trustedIn(readNamedFile(keyFile), keyFile)
    this.#options = {
      algorithms: [...this.#trusted.algorithms],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    }
  }

  /** Whom a token names; undefined for one that is not valid now. */
  async callerOf(token: string): Promise<Caller | undefined> {
    const payload = await this.#verified(token)
    const claims = v.safeParse(ClaimsSchema, payload)
    if (!claims.success) return undefined
    const { sub, streams } = claims.output
    return { name: sub, ...(streams !== undefined && { streams }) }
  }

  async #verified(token: string): Promise<JWTPayload | undefined> {
    const { key } = this.#trusted
    try {
      const { payload } =
        typeof key === 'function'
          ? await jwtVerify(token, key, this.#options)
          : await jwtVerify(token, key, this.#options)
      return payload
    } catch {
      return undefined
    }
  }
}

function trustedIn(bytes: Buffer, file: string): Trusted {
  const text = bytes.toString('utf8').trim()
  if (text.startsWith('-----BEGIN ')) return publicKey(text, file)
  if (text.startsWith('{')) return keySet(text, file)
  const secret = Buffer.from(text)
  if (secret.length < LEAST_SECRET_BYTES) {
    throw bad(file, `a secret for HS256 has at least ${LEAST_SECRET_BYTES} bytes; these are ${secret.length}`)
  }
  return { key: secret, algorithms: ['HS256'] }
}

function publicKey(pem: string, file: string): Trusted {
  const key = attempt(file, () => createPublicKey(pem))
  if (key.asymmetricKeyType === 'rsa') return { key, algorithms: ['RS256'] }
  if (key.asymmetricKeyType === 'ed25519') return { key, algorithms: EDWARDS }
  throw bad(file, `a key of the kind ${key.asymmetricKeyType}; RSA and Ed25519 are known`)
}

function keySet(text: string, file: string): Trusted {
  return { key: attempt(file, () => createLocalJWKSet(JSON.parse(text))), algorithms: ['RS256', ...EDWARDS] }
}

function attempt<Key>(file: string, read: () => Key): Key {
  try {
    return read()
  } catch (cause) {
    throw bad(file, (cause as Error).message)
  }
}

function bad(file: string, what: string): EarwitnessError {
  return new EarwitnessError('bad_parameter', `${file}: ${what}; a PEM public key, a JWK set or a secret belongs here`)
}
