import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importModel } from '../../src/importing/import-model.ts'
import { type RunningServer, serve } from '../../src/server/serve.ts'
import { alike, earwitness, eventsOf, fixture, judgedIn } from '../cli/program.ts'
import { fakeSpeech, firstSeconds, inPieces } from '../fixtures/recordings.ts'
import { metric, StreamClient } from './stream-client.ts'

const checkpoint = fileURLToPath(new URL('../golden/ast/hugging-face', import.meta.url))
/** Of audio, as often as a client may ask for scores. */
const HOP_SECONDS = 0.1
const STREAMS = 4
const HEARD_SECONDS = 6
/** Windows of others that always wait: many times more than the model scores in a hop. */
const OTHERS = 400

let scratch: string
let model: string
let server: RunningServer
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'earwitness-imported-'))
  model = join(scratch, 'detector')
  await importModel(checkpoint, { name: 'detector', out: model, editions: ['int8', 'fp32'], source: 'a test' })
  server = await serve({ port: 0, models: [model] })
})
afterAll(async () => {
  await server.stop()
  await rm(scratch, { recursive: true })
})

describe('an imported AST behind the server', () => {
  it('is what ready tells of, and gives the scores of earwitness watch on the same file', async () => {
    const client = await StreamClient.open(server.port)
    await client.send(...inPieces(fakeSpeech, 32_000)).finish()
    expect(client.of('ready')[0]).toMatchObject({ model: { name: 'detector', version: '1' }, provider: 'cpu' })
    const watched = await earwitness(['watch', '--json', '--model', model, fixture('fake-speech')])
    expect(judgedIn(client.events).length).toBeGreaterThan(20)
    expect(judgedIn(client.events)).toEqual(alike(judgedIn(eventsOf(watched.stdout))))
  })
})

/** Keeps the model busy through the server's own scorer, until it is told to stop. */
function occupy(): { stop(): Promise<void> } {
  const scorer = server.models.find(undefined)
  const window = {
    oldest: 0,
    count: scorer.manifest.input.frames,
    copy: (first: number, end: number, target: Float32Array, offset: number): void => {
      target.fill(0, offset, offset + (end - first) * scorer.manifest.frontend.melBins)
    },
  }
  let busy = true
  const again = async (channel: object): Promise<void> => {
    while (busy) await scorer.score(channel, window)
  }
  const ended = Promise.all(Array.from({ length: OTHERS }, () => again({})))
  return {
    stop: async () => {
      busy = false
      await ended
    },
  }
}

describe('live streams that the model cannot keep up with', () => {
  it('have windows skipped and counted, wait for one window each at most, and end with the newest', async () => {
    const others = occupy()
    const clients = await Promise.all(
      Array.from({ length: STREAMS }, () => StreamClient.open(server.port, { hop: HOP_SECONDS })),
    )
    let mostWaiting = 0
    const started = performance.now()
    for (const [at, packet] of inPieces(firstSeconds(fakeSpeech, HEARD_SECONDS), 3_200).entries()) {
      await wait(Math.max(0, started + at * 100 - performance.now()))
      for (const client of clients) client.send(packet)
      if (at % 5 === 0) mostWaiting = Math.max(mostWaiting, await metric(server.port, 'earwitness_windows_waiting'))
    }
    await others.stop()
    await Promise.all(clients.map((client) => client.finish()))

    expect(mostWaiting).toBeLessThanOrEqual(STREAMS + OTHERS)
    for (const client of clients) {
      const [channel] = client.of('summary')[0]!.channels
      const scores = client.of('score')
      const told = scores.reduce((total, { skipped }) => total + skipped, 0)
      expect(channel!.skipped).toBeGreaterThan(0)
      expect(told).toBe(channel!.skipped)
      expect(scores).toHaveLength(channel!.scored + channel!.inconclusive)
      // Each window that came due was told of or skipped: their numbers have no hole.
      expect(scores.length + told).toBe(scores.at(-1)!.seq + 1)
      expect(scores.at(-1)!.end).toBeGreaterThan(HEARD_SECONDS - HOP_SECONDS)
      expect(client.of('warning').map(({ code }) => code)).toContain('overload')
      expect(client.of('error')).toEqual([])
    }
  }, 120_000)
})
