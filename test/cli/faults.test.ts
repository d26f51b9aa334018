import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeSpeech, firstSeconds, inPieces } from '../fixtures/recordings.ts'
import { StreamClient } from '../server/stream-client.ts'
import { MAIN } from './program.ts'

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0

let folder: string
const children: ChildProcess[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-faults-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

interface Served {
  readonly child: ChildProcess
  readonly port: number
}

/** `shell` is what starts the server, whose words are its `$0` and `$@`. */
async function start(shell = 'exec "$0" "$@"', env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const words = ['-c', shell, process.execPath, MAIN, 'serve', '--port', '0']
  const child = spawn('bash', words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(child)
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return { child, port: Number(/localhost:(\d+)/.exec(line)?.[1]) }
}

/** Scores of three seconds. */
async function scoresFrom(port: number): Promise<number> {
  const client = await StreamClient.open(port)
  await client.send(...inPieces(firstSeconds(fakeSpeech, 3), 6_400)).finish()
  expect((await client.closed).code).toBe(1000)
  return client.of('score').length
}

const isAlive = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  )

async function endsWell({ child }: Served): Promise<void> {
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
}

describe('a server whose log finds its disk full', () => {
  it.runIf(existsSync('/dev/full'))('goes on as if nothing were', async () => {
    const server = await start('exec "$0" "$@" --log-level debug 2>/dev/full')
    expect(await scoresFrom(server.port)).toBe(5)
    await endsWell(server)
  })
})

describe.runIf(hasPrlimit)('a server that runs out of file descriptors (where there is prlimit)', () => {
  it('keeps the streams that it has, and takes new ones once there is room again', async () => {
    const server = await start()
    const client = await StreamClient.open(server.port)
    const [first, ...rest] = inPieces(firstSeconds(fakeSpeech, 3), 48_000)
    client.send(first!)
    await client.first('score')
    spawnSync('prlimit', ['--pid', String(server.child.pid), '--nofile=40:4096'])

    const flood = Array.from({ length: 100 }, (): Socket => connect(server.port, '127.0.0.1').on('error', () => {}))
    await wait(500)
    client.send(...rest)
    await client.finish()
    expect(client.of('score')).toHaveLength(5)

    for (const socket of flood) socket.destroy()
    spawnSync('prlimit', ['--pid', String(server.child.pid), '--nofile=4096:4096'])
    await expect.poll(() => isAlive(server.port), { timeout: 15_000 }).toBe(true)
    expect(await scoresFrom(server.port)).toBe(5)
    await endsWell(server)
  })
})

describe('a server whose ffmpeg', () => {
  it.each([
    ['is missing', undefined, 'needs ffmpeg, which is not installed'],
    ['dies', 'kill -9 $$', 'ffmpeg cannot decode this'],
    ['gives nothing and fails', 'echo no such thing >&2; exit 7', 'ffmpeg cannot decode this: no such thing'],
    ['stops halfway', 'head -c 100 /dev/zero; kill -9 $$', ''],
  ])('%s says so of a file that needs it, and goes on', async (_, script, message) => {
    if (script !== undefined) {
      await writeFile(join(folder, 'ffmpeg'), `#!/bin/sh\n${script}\n`)
      await chmod(join(folder, 'ffmpeg'), 0o755)
    }
    const server = await start('PATH="$FFMPEG" exec "$0" "$@"', {
      FFMPEG: `${folder}${script ? ':/usr/bin:/bin' : ''}`,
    })
    const file = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0'), Buffer.alloc(1000, 0xff)])
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/detect`, { method: 'POST', body: file })
    expect([response.status, await response.json()]).toEqual([
      415,
      expect.objectContaining({ code: 'unsupported_audio', message: expect.stringContaining(message) }),
    ])
    expect(await scoresFrom(server.port)).toBe(5)
    await endsWell(server)
  })
})
