/** What goes when the bound is reached: live audio ages fast, while a container is worth nothing without its head. */
export type Dropping = 'oldest' | 'newest'

/** Messages that wait for a connection, oldest first, of a bounded number of bytes. */
export class PendingAudio {
  dropping: Dropping
  readonly #bound: number
  #messages: Uint8Array<ArrayBuffer>[] = []
  #bytes = 0

  /** @param bound bytes that may wait at most. */
  constructor(bound: number, dropping: Dropping) {
    this.#bound = bound
    this.dropping = dropping
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes a message. Gives the number of bytes that were dropped, of it or for it. */
  push(message: Uint8Array<ArrayBuffer>): number {
    const dropped = this.dropping === 'oldest' ? this.#makeRoom(message.length) : 0
    if (this.#bytes + message.length > this.#bound) return dropped + message.length
    this.#messages.push(message)
    this.#bytes += message.length
    return dropped
  }

  /** Hands over everything, oldest first, and is empty. */
  take(): Uint8Array<ArrayBuffer>[] {
    const messages = this.#messages
    this.#messages = []
    this.#bytes = 0
    return messages
  }

  #makeRoom(bytes: number): number {
    const before = this.#bytes
    while (this.#messages.length > 0 && this.#bytes + bytes > this.#bound) {
      this.#bytes -= this.#messages.shift()!.length
    }
    return before - this.#bytes
  }
}
