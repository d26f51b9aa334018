import type { EarwitnessError } from '../../src/protocol/errors.ts'
import type { SummaryEvent } from '../../src/protocol/events.ts'
import { Deferred } from './deferred.ts'

/** Whom each summary of a stream answers: the `finalize` before it, in their order, or, where none waits, the end. */
export class Summaries {
  #asked: Deferred<SummaryEvent>[] = []
  #last: SummaryEvent | undefined

  /** What ended the stream, or its part at a server that it left. */
  get last(): SummaryEvent | undefined {
    return this.#last
  }

  /** The summary that the next `finalize` will have. */
  ask(): Promise<SummaryEvent> {
    const asked = new Deferred<SummaryEvent>()
    this.#asked.push(asked)
    return asked.promise
  }

  came(summary: SummaryEvent): void {
    const asked = this.#asked.shift()
    if (asked === undefined) this.#last = summary
    else asked.resolve(summary)
  }

  /** The server ends the connection, and tells of what came so far. */
  left(summary: SummaryEvent): void {
    this.#last = summary
  }

  /** The stream goes on, or another one begins. */
  forgetLast(): void {
    this.#last = undefined
  }

  /** The newest `finalize` was refused. */
  refuse(cause: EarwitnessError): void {
    this.#asked.pop()?.reject(cause)
  }

  fail(cause: EarwitnessError): void {
    for (const asked of this.#asked.splice(0)) asked.reject(cause)
  }
}
