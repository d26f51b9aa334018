import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { StreamClient } from '../server/stream-client.ts'
import { MAIN } from './program.ts'

it('a server leaves nothing on the disk, neither of ours nor of the libraries that it loads', async () => {
  const home = await mkdtemp(join(tmpdir(), 'earwitness-home-'))
  try {
    // Without CI in it, where onnxruntime would hold back by itself.
    const env = { PATH: process.env.PATH, HOME: home }
    const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--log-level', 'silent'], { cwd: home, env })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const client = await StreamClient.open(Number(/localhost:(\d+)/.exec(line)?.[1]))
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    expect(client.of('score')).toHaveLength(3)
    child.kill('SIGTERM')
    await once(child, 'exit')

    expect(await readdir(home, { recursive: true })).toEqual([])
    // Where onnxruntime's telemetry notes what it does.
    expect(existsSync(`/tmp/mat-debug-${child.pid}.log`)).toBe(false)
  } finally {
    await rm(home, { recursive: true })
  }
})

it('onnxruntime is loaded by the one module that turns its telemetry off', async () => {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const files = (await readdir(source, { recursive: true })).filter((file) => file.endsWith('.ts'))
  const loading = files.filter((file) =>
    /(from|import\() ?'onnxruntime-node'/.test(readFileSync(join(source, file), 'utf8')),
  )
  expect(loading).toEqual([join('scoring', 'onnxruntime.ts')])
})
