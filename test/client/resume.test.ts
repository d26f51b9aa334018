import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type ConnectionState, connect, type StreamRequest } from '../../client/sdk/index.ts'
import type { ServerEvent } from '../../src/protocol/events.ts'
import { fakeSpeech, inPieces, realSpeech } from '../fixtures/recordings.ts'
import { opusPackets } from '../stream/opus-packets.ts'
import { expectSameEvents } from '../stream/same-events.ts'
import { samplesAs } from '../stream/sample-encodings.ts'
import { type Forwarder, startForwarder } from './forwarder.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** How often the server is killed under five streams: `EARWITNESS_KILLS=50` for more than the usual six. */
const KILLS = Number(process.env.EARWITNESS_KILLS ?? 6)
const QUICKLY = { firstDelayMs: 5, longestDelayMs: 100, attempts: 10_000 }
/** Audio between two breaths of the sender, and the breath: some ten times as fast as the clock. */
const BREATH_MS = 20

const speech = new Uint8Array(Buffer.concat([realSpeech, fakeSpeech]))
const stereo = samplesAs('f32le', speech, 2)

/** Pieces of about 0.2 s, sent again from the first on after the last. Long hops: a busy machine may take a second for a score. */
const SOUNDS: readonly (readonly [StreamRequest, readonly Uint8Array[]])[] = [
  [{ hop: 1.5 }, inPieces(speech, 6_402)],
  [{ encoding: 'f32le', channels: 2, hop: 2 }, inPieces(stereo, 25_600)],
  [{ encoding: 'mulaw', sampleRate: 8_000, hop: 3, evidence: true }, inPieces(samplesAs('mulaw', speech, 1), 1_600)],
  [{ sampleRate: 22_050, hop: 2.5 }, inPieces(speech, 8_820)],
  [{ encoding: 'opus', hop: 2 }, opusPackets(speech)],
]

let folder: string
let flags: readonly string[]
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earwitness-resume-'))
  writeFileSync(join(folder, 'secret'), 'no secret at all, but thirty-two bytes and more of it')
  flags = ['--token-secret', join(folder, 'secret')]
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Heard {
  readonly sent: number
  readonly events: readonly unknown[]
  readonly states: readonly ConnectionState[]
}

/** Sends pieces for as long as it is told to, and hears everything up to the summary. */
async function hear(
  url: string,
  [request, pieces]: (typeof SOUNDS)[number],
  goesOn: (sent: number) => boolean,
  breathMs = BREATH_MS,
): Promise<Heard> {
  const stream = connect(url, request, { WebSocket, reconnection: QUICKLY, closeTimeoutMs: 60_000 })
  const events: ServerEvent[] = []
  const states: ConnectionState[] = []
  stream.on('event', (event) => events.push(event))
  stream.on('state', (state) => states.push(state))
  let sent = 0
  for (; goesOn(sent); sent += 1) {
    stream.send(pieces[sent % pieces.length]!)
    await stream.drained()
    const seconds = sent / (request.encoding === 'opus' ? 50 : 5)
    // Well ahead of the clock, so that a busy machine skips no window; then in steps.
    if (seconds > 3 && (request.encoding !== 'opus' || sent % 10 === 0)) await wait(breathMs)
  }
  await stream.close()
  return { sent, events, states }
}

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
