import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ended, MAIN } from './program.ts'

describe.skipIf(process.platform === 'win32')('a bench beside Python leaves nothing in the temporary folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earwitness-scratch-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** A bench whose Python answers imports so, and does this with a script. */
  async function benchWith(bench: string, imports: string, script: string) {
    const python = join(folder, 'python')
    await writeFile(python, `#!/bin/sh\nif [ "$1" = -c ]; then ${imports}; fi\n${script}\n`, { mode: 0o755 })
    const env = { ...process.env, PYTHON: python, TMPDIR: folder }
    return spawn(process.execPath, [MAIN, 'bench', bench, '--rounds', '1'], { env })
  }

  it.each(['dsp', 'ast'])('%s, where Python ends at once', async (bench) => {
    const failed = await ended(await benchWith(bench, 'exit 0', 'exit 1'))
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('the process ended') })
    expect(await readdir(folder)).toEqual(['python'])
  })

  it.each(['dsp', 'ast'])('%s, where a signal ends it, and no Python either', async (bench) => {
    const child = await benchWith(bench, 'exit 0', 'echo started >&2; exec sleep 600')
    // Not before Python, which has the same standard error, has ended too.
    const finish = ended(child)
    await once(createInterface({ input: child.stderr }), 'line')
    expect(await readdir(folder)).toHaveLength(2)
    child.kill('SIGTERM')
    expect(await finish).toMatchObject({ code: 143, stdout: '' })
    expect(await readdir(folder)).toEqual(['python'])
  })

  it('dsp goes on without a Python that has torchaudio but no numpy', { timeout: 30_000 }, async () => {
    const done = await ended(await benchWith('dsp', 'case "$2" in *numpy*) exit 1;; esac; exit 0', 'exit 1'))
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no python3 with torch, torchaudio and numpy'),
    })
  })
})
