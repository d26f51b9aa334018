import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whenWeEnd } from '../end-with-us.ts'

/** A folder for what a measurement writes: gone when it is removed, and when this process ends before that. */
export class ScratchFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'earwitness-bench-'))
  readonly #callOff = whenWeEnd(() => this.#delete())

  remove(): void {
    this.#callOff()
    this.#delete()
  }

  #delete(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
