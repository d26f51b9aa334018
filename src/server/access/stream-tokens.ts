import { hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { readSecret } from '../secret-file.ts'
import type { Caller } from './caller.ts'

const TYPE = 'earwitness-stream+jwt'
const ALGORITHM = 'HS256'

/** Tokens that this server signs for the users of whoever holds a key: they open streams for a while, and nothing else. */
export class StreamTokens {
  readonly #key: Uint8Array

  /**
   * @param secretFile shared by servers that are to take each other's tokens; without it they end with this process
   * @throws EarwitnessError `bad_parameter` for a short secret; what reading it throws
   */
  constructor(secretFile?: string, own: Uint8Array = randomBytes(32)) {
    const secret = secretFile === undefined ? own : readSecret(secretFile)
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', 'earwitness stream token', 32))
  }

  /** A token that opens streams in this caller's name for so many seconds. */
  async issue(caller: Caller, seconds: number): Promise<{ token: string; expires: string }> {
    const expires = Math.floor(Date.now() / 1000) + seconds
    const token = await new SignJWT(caller.streams === undefined ? {} : { streams: caller.streams })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setSubject(caller.name)
      .setJti(randomUUID())
      .setExpirationTime(expires)
      .sign(this.#key)
    return { token, expires: new Date(expires * 1000).toISOString() }
  }

  async callerOf(token: string): Promise<Caller | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, { algorithms: [ALGORITHM], typ: TYPE })
      const { sub, streams } = payload as { sub: string; streams?: number }
      return { name: sub, ...(streams !== undefined && { streams }) }
    } catch {
      return undefined
    }
  }
}

/** Whether a token says that it is one of ours; only its signature proves it. */
export function isStreamToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === TYPE
  } catch {
    return false
  }
}
