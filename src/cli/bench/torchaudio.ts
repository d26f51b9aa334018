import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ownFile } from './own-file.ts'
import { pythonWith } from './python.ts'

const ONE_THREAD = { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** torchaudio in a Python process of its own, one thread, asked for one round at a time. */
export class Torchaudio {
  readonly versions: unknown
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #folder: string

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, folder: string, versions: unknown) {
    this.#child = child
    this.#answers = answers
    this.#folder = folder
    this.versions = versions
  }

  /** Says why not, where there is no Python with torch and torchaudio. */
  static async start(mel: Float32Array, resample: Float32Array): Promise<Torchaudio | { unavailable: string }> {
    const python = pythonWith('torch, torchaudio')
    if (python === undefined) return { unavailable: 'no python3 with torch and torchaudio; PYTHON can name one' }
    const folder = await mkdtemp(join(tmpdir(), 'earwitness-bench-'))
    const files = [join(folder, 'mel.f32'), join(folder, 'resample.f32')] as const
    await writeFile(files[0], mel)
    await writeFile(files[1], resample)
    const child = spawn(python, [ownFile('#bench/torchaudio_mel.py'), ...files], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...ONE_THREAD },
    })
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const versions = JSON.parse(await next(answers))
    return new Torchaudio(child, answers, folder, versions)
  }

  /** Seconds of one round over the whole audio. */
  async round(kind: 'mel' | 'resample'): Promise<number> {
    this.#child.stdin!.write(`${kind}\n`)
    return Number(await next(this.#answers))
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await ended
    await rm(this.#folder, { recursive: true })
  }
}

async function next(answers: AsyncIterator<string>): Promise<string> {
  const { done, value } = await answers.next()
  if (done) throw new Error('the Python process ended; its message is above')
  return value
}
