import type { HttpResponse } from 'uWebSockets.js'
import { EarwitnessError } from '../protocol/errors.ts'
import { bodyTooLarge } from './transport-errors.ts'

/**
 * The body of a request over uWebSockets.js, which stops coming until it is asked for. What came with the head comes
 * anyway; its chunks are dead after their callback, so they are copied.
 */
export class UwsBody {
  readonly #response: HttpResponse
  readonly #most: number
  readonly #chunks: Buffer[] = []
  readonly #ended: Promise<'whole' | 'too large' | 'gone'>
  #size = 0
  #paused: boolean
  isComplete = false

  constructor(response: HttpResponse, gone: AbortSignal, most: number, headers: Readonly<Record<string, string>>) {
    this.#response = response
    this.#most = most
    this.#ended = new Promise((resolve) => {
      gone.addEventListener('abort', () => resolve('gone'))
      response.onData((chunk, isLast) => {
        this.isComplete = isLast
        this.#size += chunk.byteLength
        if (this.#size > most) resolve('too large')
        else this.#chunks.push(Buffer.from(chunk.slice(0)))
        if (isLast) resolve('whole')
      })
    })
    this.#paused = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
    if (this.#paused) response.pause()
  }

  /** @throws EarwitnessError `body_too_large` or `connection_lost` */
  async read(): Promise<Uint8Array> {
    if (this.#paused) this.#response.resume()
    this.#paused = false
    const how = await this.#ended
    if (how === 'too large') {
      this.#chunks.length = 0
      throw bodyTooLarge(this.#most)
    }
    if (how === 'gone') throw new EarwitnessError('connection_lost', 'the client went away')
    return Buffer.concat(this.#chunks)
  }
}
