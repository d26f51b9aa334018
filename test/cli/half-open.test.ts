import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TransportName } from '../../src/server/serve.ts'
import { alike, earwitness, ended, eventsOf, fixture, judgedIn, MAIN } from './program.ts'

const OWN_NETWORK = ['--user', '--map-root-user', '--net']
const LIMITS = ['--limit', 'idleSeconds=2', '--limit', 'handshakeSeconds=1']
const canMakeNetworks = spawnSync('unshare', [...OWN_NETWORK, 'ip', 'link']).status === 0

/** A machine whose only wire can be cut: then no packet passes, and neither end is told. */
describe.skipIf(!canMakeNetworks)('on a network whose wire is cut in the middle of a stream', () => {
  let network: ChildProcess
  const inside = (command: string, words: readonly string[]): ChildProcess =>
    spawn('nsenter', ['--target', `${network.pid}`, '--user', '--net', '--preserve-credentials', command, ...words])
  const setWire = (state: 'up' | 'down') => once(inside('ip', ['link', 'set', 'lo', state]), 'exit')

  beforeEach(async () => {
    network = spawn('unshare', [...OWN_NETWORK, 'sh', '-c', 'ip link set lo up && echo up && exec sleep 600'])
    await once(network.stdout!, 'data')
  })
  afterEach(() => {
    network.kill()
  })

  it.each<TransportName>(['ws', 'uws'])(
    'a server (%s) lets go of its end, and earwitness watch goes on where it was',
    { timeout: 60_000 },
    async (transport) => {
      const server = inside(process.execPath, [MAIN, 'serve', '--port', '8080', '--transport', transport, ...LIMITS])
      const log: string[] = []
      createInterface({ input: server.stderr! }).on('line', (line) => log.push(line))
      await once(server.stdout!, 'data')
      const handles = (): number => readdirSync(`/proc/${server.pid}/fd`).length
      const before = handles()

      const words = ['watch', '--json', '--realtime', 'ws://127.0.0.1:8080', fixture('fake-speech')]
      const client = inside(process.execPath, [MAIN, ...words])
      const end = ended(client)
      for (let heard = 0; heard < 4; heard += 1) await once(client.stdout!, 'data')
      expect(handles()).toBeGreaterThan(before)
      await setWire('down')
      await expect.poll(handles, { timeout: 15_000 }).toBe(before)
      await setWire('up')

      const { code, stdout, stderr } = await end
      server.kill()
      expect({ code, stderr }).toEqual({ code: 0, stderr: 'earwitness: reconnecting\n' })
      expect(log.join('\n')).toMatch(/4408/)
      const unbroken = await earwitness(['watch', '--json', fixture('fake-speech')])
      expect(judgedIn(eventsOf(stdout))).toEqual(alike(judgedIn(eventsOf(unbroken.stdout))))
    },
  )
})
