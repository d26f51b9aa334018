import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { SIGNALS } from '../end-with-us.ts'

/** A folder for what a measurement writes: gone when it is removed, and when this process ends before that, by a signal too. */
export class ScratchFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'earwitness-bench-'))

  constructor() {
    process.once('exit', this.#delete)
    for (const signal of SIGNALS) process.once(signal, exitBy)
  }

  remove(): void {
    process.removeListener('exit', this.#delete)
    for (const signal of SIGNALS) process.removeListener(signal, exitBy)
    this.#delete()
  }

  readonly #delete = (): void => rmSync(this.path, { recursive: true, force: true })
}

function exitBy(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal])
}
