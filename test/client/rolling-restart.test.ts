import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectSameEvents } from '../stream/same-events.ts'
import { hear, SOUNDS } from './endless-sounds.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** Streams that run meanwhile: `EARWITNESS_STREAMS=50` for more than the usual five. */
const STREAMS = Number(process.env.EARWITNESS_STREAMS ?? SOUNDS.length)
/** Few streams may run faster than the clock, fifty as fast as it. */
const BREATH_MS = Math.min(200, 4 * STREAMS)
const CONFIGURATION = readFileSync(fileURLToPath(new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url)), 'utf8')
const FLAGS = ['--trust-proxy', '127.0.0.1', '--limit', 'loadPercent=1000', '--limit', 'addressStreams=256']
/** Debian has it where only root looks. */
const HAPROXY = ['haproxy', '/usr/sbin/haproxy'].find((program) => spawnSync(program, ['-v']).status === 0)

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) server.close()
  return ports
}

describe.skipIf(HAPROXY === undefined)('two servers behind haproxy (skipped where it is not installed)', () => {
  let folder: string
  let haproxy: ChildProcess | undefined
  const servers = new Map<number, ServerProcess>()

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earwitness-rolling-'))
    writeFileSync(join(folder, 'secret'), 'no secret at all, but thirty-two bytes and more of it')
  })
  afterEach(async () => {
    haproxy?.kill('SIGKILL')
    for (const server of servers.values()) await server.kill()
    rmSync(folder, { recursive: true })
  })

  async function startServer(port: number): Promise<void> {
    servers.set(port, await startServerProcess(port, [...FLAGS, '--token-secret', join(folder, 'secret')]))
  }

  async function startHaproxy(front: number, [one, two]: readonly number[]): Promise<void> {
    const file = join(folder, 'haproxy.cfg')
    const ports = CONFIGURATION.replace(':8080', `:${front}`)
      .replace('server one 127.0.0.1:8081', `server one 127.0.0.1:${one}`)
      .replace('server two 127.0.0.1:8082', `server two 127.0.0.1:${two}`)
    writeFileSync(file, ports)
    haproxy = spawn(HAPROXY!, ['-db', '-f', file], { stdio: 'ignore' })
    await expect.poll(() => isReady(front), { timeout: 10_000 }).toBe(true)
  }

  const isReady = async (port: number): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )

  it(`are restarted one after the other under ${STREAMS} live streams, and no window is lost`, {
    timeout: 180_000 + STREAMS * 5_000,
  }, async () => {
    const [front, ...behind] = await freePorts(3)
    await Promise.all(behind.map(startServer))
    await startHaproxy(front!, behind)

    let restarting = true
    const sounds = Array.from({ length: STREAMS }, (_, at) => SOUNDS[at % SOUNDS.length]!)
    const moved = sounds.map((sound) =>
      hear(`http://127.0.0.1:${front}`, sound, () => restarting, { breathMs: BREATH_MS }),
    )
    for (const port of behind) {
      await wait(1_000)
      expect(await servers.get(port)!.stop()).toBe(0)
      await startServer(port)
      await wait(1_000)
    }
    restarting = false

    const heard = await Promise.all(moved)
    expect(heard.filter(({ states }) => states.includes('reconnecting'))).toHaveLength(STREAMS)
    const whole = await Promise.all(
      sounds.map((sound, at) =>
        hear(`http://127.0.0.1:${front}`, sound, (sent) => sent < heard[at]!.sent, { breathMs: BREATH_MS }),
      ),
    )
    for (const [at, { events }] of heard.entries()) {
      expectSameEvents(events, whole[at]!.events, ['strongestEvidence'])
    }
  })
})
