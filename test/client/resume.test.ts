import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSameEvents } from '../stream/same-events.ts'
import { hear, SOUNDS } from './endless-sounds.ts'
import { type Forwarder, startForwarder } from './forwarder.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** How often the server is killed under five streams: `EARWITNESS_KILLS=50` for more than the usual six. */
const KILLS = Number(process.env.EARWITNESS_KILLS ?? 6)
let folder: string
let flags: readonly string[]
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earwitness-resume-'))
  writeFileSync(join(folder, 'secret'), 'no secret at all, but thirty-two bytes and more of it')
  flags = ['--token-secret', join(folder, 'secret')]
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a stream whose server is killed and that goes on at another one', () => {
  let forwarder: Forwarder
  const started: Promise<ServerProcess>[] = []
  const start = (): Promise<ServerProcess> => {
    const server = startServerProcess(0, flags)
    started.push(server)
    return server
  }
  beforeAll(async () => {
    forwarder = await startForwarder()
  })
  afterAll(async () => {
    for (const server of started) await (await server).kill()
    await forwarder.close()
  })

  it(`hears what an unbroken one hears, over ${KILLS} kills`, { timeout: 120_000 + KILLS * 20_000 }, async () => {
    let kills = 0
    let server = await start()
    let successor = start()
    forwarder.target(server.port)
    const broken = SOUNDS.map((sound) => hear(forwarder.url, sound, () => kills < KILLS))
    while (kills < KILLS) {
      const next = await successor
      await wait(200 + Math.random() * 800)
      forwarder.target(next.port)
      await server.kill()
      kills += 1
      server = next
      successor = start()
    }
    const heard = await Promise.all(broken)
    const whole = await Promise.all(
      SOUNDS.map((sound, at) => hear(`http://127.0.0.1:${server.port}`, sound, (sent) => sent < heard[at]!.sent)),
    )
    for (const [at, { events, states }] of heard.entries()) {
      expect(states.filter((state) => state === 'reconnecting').length).toBeGreaterThan(KILLS / 2)
      // Sound that repeats is as suspect in one place as in another.
      expectSameEvents(events, whole[at]!.events, ['strongestEvidence'])
    }
  })
})

describe('a stream whose wire breaks without a word to either end', () => {
  it('goes on by another connection, and hears what an unbroken one hears', { timeout: 60_000 }, async () => {
    const server = await startServerProcess(0, flags)
    const forwarder = await startForwarder()
    forwarder.target(server.port)
    const sound = SOUNDS[0]!
    setTimeout(() => forwarder.cut(), 1_000)
    const isMended = (states: readonly string[]): boolean => states.join() === 'open,reconnecting,open'
    const heard = await hear(forwarder.url, sound, (_, states) => !isMended(states), { keepAliveMs: 1_000 })
    expect(heard.states).toEqual(['open', 'reconnecting', 'open', 'closed'])
    const whole = await hear(server.url, sound, (sent) => sent < heard.sent)
    expectSameEvents(heard.events, whole.events, ['strongestEvidence'])
    await server.kill()
    await forwarder.close()
  })
})
