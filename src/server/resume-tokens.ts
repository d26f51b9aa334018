import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { EarwitnessError } from '../protocol/errors.ts'
import { MOST_TOKEN_CHARACTERS, type StreamParameters } from '../protocol/parameters.ts'
import type { StreamState } from '../stream/stream-state.ts'
import { readSecret } from './secret-file.ts'

/** What a stream goes on from, whichever server it was on. */
export interface ResumableStream {
  readonly streamId: string
  readonly parameters: StreamParameters
  readonly model: { readonly name: string; readonly version: string }
  readonly state: StreamState
}

/** Changes with everything that `ResumableStream` holds: a token means what its writer's version meant. */
const VERSION = 1
const SHAPE = /^ew(\d{1,6})\.([\w-]+)\.([\w-]{43})$/
const MOST_STATE_BYTES = 256 * 1024

/**
 * Streams written down as tokens: compressed JSON under this server's signature, which is looked at first. They hold
 * numbers about the audio and the parameters of the stream, no audio, and are not secret.
 */
export class ResumeTokens {
  readonly #key: Uint8Array
  readonly #longestSeconds: number

  /**
   * @param longestSeconds how old a token may be
   * @param secretFile shared by servers that are to take each other's streams; without it tokens end with this process
   * @throws EarwitnessError `bad_parameter` for a short secret; what reading it throws
   */
  constructor(longestSeconds: number, secretFile?: string, own: Uint8Array = randomBytes(32)) {
    const secret = secretFile === undefined ? own : readSecret(secretFile)
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', 'earwitness resume token', 32))
    this.#longestSeconds = longestSeconds
  }

  issue(stream: ResumableStream): string {
    const text = JSON.stringify({ ...stream, issued: Math.floor(Date.now() / 1000) })
    const signed = `ew${VERSION}.${deflateRawSync(text).toString('base64url')}`
    return `${signed}.${this.#signatureOf(signed).toString('base64url')}`
  }

  /** @throws EarwitnessError `bad_parameter` for what is no token at all, `resume_refused` for one that does not hold here */
  read(token: string): ResumableStream {
    const [, version, body, signature] = SHAPE.exec(token.slice(0, MOST_TOKEN_CHARACTERS)) ?? []
    if (version === undefined || body === undefined || signature === undefined) {
      throw new EarwitnessError('bad_parameter', 'resume: this is no resume token; the newest ack event has one')
    }
    if (Number(version) !== VERSION) {
      throw refused(`it is of version ${version}, and this server reads version ${VERSION}`)
    }
    const expected = this.#signatureOf(`ew${version}.${body}`)
    if (!timingSafeEqual(expected, Buffer.from(signature, 'base64url'))) {
      throw refused('it was changed, or signed by a server that shares no --token-secret with this one')
    }
    return this.#inTime(body)
  }

  #inTime(body: string): ResumableStream {
    const text = inflateRawSync(Buffer.from(body, 'base64url'), { maxOutputLength: MOST_STATE_BYTES }).toString()
    const { issued, ...stream } = JSON.parse(text) as ResumableStream & { issued: number }
    const age = Math.abs(Date.now() / 1000 - issued)
    if (age > this.#longestSeconds) {
      throw refused(`it is ${Math.round(age)} s old by this server's clock; ${this.#longestSeconds} s are allowed`)
    }
    return stream
  }

  #signatureOf(signed: string): Buffer {
    return createHmac('sha256', this.#key).update(signed).digest()
  }
}

function refused(why: string): EarwitnessError {
  return new EarwitnessError('resume_refused', `the resume token does not hold: ${why}; start a new stream`)
}
