import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Forwarder, startForwarder } from '../client/forwarder.ts'
import { type ServerProcess, startServerProcess } from '../client/server-process.ts'
import { alike, earwitness, ended, eventsOf, fixture, judgedIn, MAIN } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'earwitness-watch-resume-'))
let forwarder: Forwarder
let servers: ServerProcess[] = []
afterEach(async () => {
  for (const server of servers) await server.kill()
  servers = []
  await forwarder.close()
  rmSync(folder, { recursive: true })
})

it('earwitness watch ws://… goes on where its server is killed, and says so', { timeout: 90_000 }, async () => {
  writeFileSync(join(folder, 'secret'), 'no secret at all, but thirty-two bytes and more of it')
  const flags = ['--token-secret', join(folder, 'secret')]
  servers = await Promise.all([startServerProcess(0, flags), startServerProcess(0, flags)])
  const [first, second] = servers
  forwarder = await startForwarder()
  forwarder.target(first!.port)

  const file = fixture('fake-speech')
  const child = spawn(process.execPath, [MAIN, 'watch', '--json', '--realtime', forwarder.url, file])
  const end = ended(child)
  // The first words are ready, then come scores.
  for (let heard = 0; heard < 4; heard += 1) await once(child.stdout, 'data')
  forwarder.target(second!.port)
  await first!.kill()

  const { code, stdout, stderr } = await end
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'earwitness: reconnecting\n' })
  const unbroken = await earwitness(['watch', '--json', `http://127.0.0.1:${second!.port}`, file])
  expect(judgedIn(eventsOf(stdout))).toEqual(alike(judgedIn(eventsOf(unbroken.stdout))))
})
