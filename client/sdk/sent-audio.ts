/** What was sent: audio, or the wish for a summary. */
export type Sent =
  | { readonly kind: 'audio'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'finalize'; readonly number: number }

/** What was sent of one stream and may be asked for again, under its byte numbers: of a bounded number of bytes. */
export class SentAudio {
  /** Bytes that are kept at most: of more, the oldest are forgotten. */
  bound: number
  #messages: Sent[] = []
  /** The number of the first byte that is kept, and of the first one to come. */
  #start = 0
  #end = 0
  #finalizes = 0

  constructor(bound: number) {
    this.bound = bound
  }

  get bytes(): number {
    return this.#end - this.#start
  }

  get oldest(): number {
    return this.#start
  }

  /** Keeps the message itself, no copy. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#messages.push({ kind: 'audio', bytes })
    this.#end += bytes.length
    while (this.bytes > this.bound) this.#forgetFirst()
  }

  pushFinalize(): void {
    this.#messages.push({ kind: 'finalize', number: this.#finalizes++ })
  }

  /** Takes the newest `finalize` back. */
  dropFinalize(): void {
    const index = this.#messages.findLastIndex(({ kind }) => kind === 'finalize')
    if (index === -1) return
    this.#messages.splice(index, 1)
    this.#finalizes -= 1
  }

  /** Forgets messages that lie wholly before this byte. */
  forgetBefore(byte: number): void {
    for (;;) {
      const first = this.#messages[0]
      if (first === undefined || (first.kind === 'audio' && this.#start + first.bytes.length > byte)) return
      if (first.kind === 'finalize' && this.#start >= byte) return
      this.#forgetFirst()
    }
  }

  /** All from this byte on, but the first so many `finalize`. */
  from(byte: number, answered: number): Sent[] {
    let at = this.#start
    return this.#messages.flatMap((message): Sent[] => {
      if (message.kind === 'finalize') return message.number < answered ? [] : [message]
      const { bytes } = message
      const before = Math.max(0, byte - at)
      at += bytes.length
      return before > 0 && before >= bytes.length ? [] : [{ kind: 'audio', bytes: bytes.subarray(before) }]
    })
  }

  #forgetFirst(): void {
    const first = this.#messages.shift()
    if (first?.kind === 'audio') this.#start += first.bytes.length
  }
}
