import type { AckEvent, ServerEvent } from '../../src/protocol/events.ts'
import { type Sent, SentAudio } from './sent-audio.ts'
import { ToldEvents } from './told-events.ts'

/** A server that has audio gets further within this time, if it can at all. */
const STUCK_MS = 5_000

/** What a client keeps of one stream, so that another connection, perhaps to another server, goes on with it. */
export class Resumption {
  #bound: number
  #waitingBound: number
  #sent: SentAudio
  #told = new ToldEvents()
  #ack: AckEvent | undefined
  /** When the server last got further. */
  #movedMs = 0

  /**
   * @param historyBytes bytes of audio before the newest score that a server may ask for again
   * @param waitingBytes bytes that may wait to be acknowledged
   */
  constructor(historyBytes: number, waitingBytes: number) {
    this.#bound = historyBytes + waitingBytes
    this.#waitingBound = historyBytes + waitingBytes / 2
    this.#sent = new SentAudio(this.#bound)
  }

  /** What the next connection begins with; undefined where it cannot go on, and begins a new stream. */
  get token(): string | undefined {
    const isKept = this.#ack !== undefined && this.#ack.keepFrom >= this.#sent.oldest
    return isKept ? this.#ack?.token : undefined
  }

  /**
   * True while whoever sends fast should wait for the server: what it has not acknowledged would soon be forgotten. Not where it gets no
   * further: then it needs more than is kept to go on, and the stream can no longer be resumed.
   */
  get isFull(): boolean {
    const isStuck = performance.now() - this.#movedMs > STUCK_MS
    return this.#ack !== undefined && this.#sent.bytes > this.#waitingBound && !isStuck
  }

  /** Keeps so many times as many bytes. */
  widen(factor: number): void {
    this.#bound *= factor
    this.#waitingBound *= factor
    this.#sent.bound = this.#bound
  }

  sentAudio(bytes: Uint8Array<ArrayBuffer>): void {
    this.#sent.push(bytes)
  }

  sentFinalize(): void {
    this.#sent.pushFinalize()
  }

  /** The newest `finalize` was refused: it is neither answered nor sent again. */
  refusedFinalize(): void {
    this.#sent.dropFinalize()
  }

  acknowledged(ack: AckEvent): void {
    if (ack.at !== this.#ack?.at) this.#movedMs = performance.now()
    this.#ack = ack
    this.#sent.forgetBefore(ack.keepFrom)
  }

  isNew(event: ServerEvent): boolean {
    return this.#told.isNew(event)
  }

  /** The stream goes on: what is to be sent again, from this byte on. */
  goOn(replayFrom: number): Sent[] {
    const finalized = this.#ack?.finalized ?? 0
    this.#movedMs = performance.now()
    this.#told.interrupt(finalized)
    return this.#sent.from(replayFrom, finalized)
  }

  /** Whatever comes is another stream. */
  forget(): void {
    this.#sent = new SentAudio(this.#bound)
    this.#told = new ToldEvents()
    this.#ack = undefined
  }
}
