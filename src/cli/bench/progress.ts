const WIDTH = 24

/** Says on standard error what is being measured: a bar on a terminal, one line elsewhere. */
export class Progress {
  readonly #words: string
  readonly #total: number
  readonly #onTerminal = process.stderr.isTTY === true

  constructor(words: string, total: number) {
    this.#words = words
    this.#total = total
    if (!this.#onTerminal) process.stderr.write(`${words}\n`)
  }

  /** How much of the total is done. */
  at(done: number): void {
    if (!this.#onTerminal) return
    const filled = Math.round((Math.min(done, this.#total) / this.#total) * WIDTH)
    process.stderr.write(`\r${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${this.#words}`)
  }

  end(): void {
    if (this.#onTerminal) process.stderr.write('\r\u001b[K')
  }
}
