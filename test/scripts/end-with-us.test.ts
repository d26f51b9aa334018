import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const scratch = mkdtempSync(join(tmpdir(), 'earwitness-scripts-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** The command line of a process; empty for one that has ended (Linux). */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function descendantsOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return children.flatMap((child) => [child, ...descendantsOf(child)])
}

describe.runIf(process.platform === 'linux')('a script that starts other processes', () => {
  it.each([
    ['soak', ['--clients', '1', '--out', scratch], 'serve'],
    ['fuzz', ['--target', 'pth', '--seconds', '1', '--out', scratch], 'vitest.mjs'],
  ])('ends them when a signal ends it: %s', async (name, words, what) => {
    const path = fileURLToPath(new URL(`../../scripts/${name}.mjs`, import.meta.url))
    const script = spawn(process.execPath, [path, ...words], { stdio: 'ignore' })
    let started: number[] = []
    const hasStarted = () => {
      started = descendantsOf(script.pid!)
      return started.some((pid) => commandOf(pid).includes(what))
    }
    await expect.poll(hasStarted, { timeout: 10_000 }).toBe(true)
    script.kill('SIGTERM')
    expect(await once(script, 'exit')).toEqual([143, null])
    await expect.poll(() => started.map(commandOf).filter(Boolean), { timeout: 10_000 }).toEqual([])
  })
})
