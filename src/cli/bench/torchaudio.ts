import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LineProcess } from './line-process.ts'
import { ownFile } from './own-file.ts'
import { ONE_THREAD, pythonWith } from './python.ts'
import { ScratchFolder } from './scratch-folder.ts'

/** torchaudio in a Python process of its own, one thread, asked for one round at a time. */
export class Torchaudio {
  readonly versions: unknown
  readonly #process: LineProcess
  readonly #folder: ScratchFolder

  private constructor(process: LineProcess, folder: ScratchFolder, versions: unknown) {
    this.#process = process
    this.#folder = folder
    this.versions = versions
  }

  /** Says why not, where there is no Python with torch, torchaudio and numpy. */
  static async start(mel: Float32Array, resample: Float32Array): Promise<Torchaudio | { unavailable: string }> {
    const python = pythonWith('torch, torchaudio, numpy')
    if (python === undefined) return { unavailable: 'no python3 with torch, torchaudio and numpy; PYTHON can name one' }
    const folder = new ScratchFolder()
    try {
      const files = [join(folder.path, 'mel.f32'), join(folder.path, 'resample.f32')] as const
      await writeFile(files[0], mel)
      await writeFile(files[1], resample)
      const process = new LineProcess(python, [ownFile('#bench/torchaudio_mel.py'), ...files], ONE_THREAD)
      return new Torchaudio(process, folder, await process.next())
    } catch (error) {
      folder.remove()
      throw error
    }
  }

  /** Seconds of one round over the whole audio. */
  round(kind: 'mel' | 'resample'): Promise<number> {
    return this.#process.ask(kind)
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    this.#folder.remove()
  }
}
