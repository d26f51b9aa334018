import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { endWithUs } from '../end-with-us.ts'

/** A process that answers each line of its input with one line of JSON. It ends with this one. */
export class LineProcess {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #ended: Promise<unknown>

  constructor(program: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(program, words, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    })
    this.#ended = once(this.#child, 'exit')
    endWithUs(this.#child)
    // What it cannot be asked any more, it does not answer: `next` says so.
    this.#child.stdin!.on('error', () => {})
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  async ask<Answer>(line: string): Promise<Answer> {
    this.#child.stdin!.write(`${line}\n`)
    return this.next()
  }

  /** What it says next, unasked. */
  async next<Answer>(): Promise<Answer> {
    const { done, value } = await this.#answers.next()
    if (done) throw new Error('the process ended; its message is above')
    return JSON.parse(value)
  }

  /** Lets it end by itself. */
  async stop(): Promise<void> {
    this.#child.stdin!.end()
    await this.#ended
  }
}
