import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { connect } from '../../client/sdk/index.ts'
import { fakeSpeech, firstSeconds, inPieces } from '../fixtures/recordings.ts'
import { hasOpenssl, keyNamed, ScratchFiles } from '../server/access/scratch-files.ts'
import { metric, refusal, StreamClient } from '../server/stream-client.ts'
import { earwitness, eventsOf, fixture, judgedIn, MAIN } from './program.ts'

const STREAMS = 6

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Two workers behind one port. */
async function start(...words: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--workers', '2', ...words])
  children.push(child)
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  expect(line).toMatch(/ \(2 workers, ready in \d+ ms; Ctrl-C stops it\)$/)
  return { child, port: Number(/localhost:(\d+)/.exec(line)?.[1]) }
}

/** The processes that a process has started (Linux). */
function workersOf({ pid }: ChildProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

/** A worker has come that is none of these. */
async function untilAnother(child: ChildProcess, than: readonly number[]): Promise<void> {
  await expect.poll(() => workersOf(child).filter((worker) => !than.includes(worker)).length).toBe(1)
}

/** The name in the certificate of whichever worker answers, and the status of a stream asked for with this key. */
async function answered(port: number, secret: string): Promise<[unknown, number | undefined]> {
  const headers = { authorization: `Bearer ${secret}` }
  const query = request({
    port,
    host: '127.0.0.1',
    path: '/v1/stream',
    headers,
    rejectUnauthorized: false,
    agent: false,
  })
  const [response] = (await once(query.end(), 'response')) as [IncomingMessage]
  const { CN } = (response.socket as TLSSocket).getPeerCertificate().subject
  response.destroy()
  return [CN, response.statusCode]
}

const openStreams = (port: number, count = STREAMS) =>
  Promise.all(Array.from({ length: count }, () => StreamClient.open(port, { hop: 0.5 })))

describe.each(['ws', 'uws'])('two workers behind one port with %s', (transport) => {
  it('score every stream as one process does, and their metrics are those of both', async () => {
    const { port } = await start('--transport', transport)
    const clients = await openStreams(port)
    expect(await metric(port, 'earwitness_streams')).toBe(STREAMS)
    for (const client of clients) client.send(...inPieces(firstSeconds(fakeSpeech, 4), 32_000))
    await Promise.all(clients.map((client) => client.finish()))
    const watched = await earwitness(['watch', '--json', fixture('fake-speech')])
    // The file is longer, so that only the windows before the streams' last are the same.
    const expected = judgedIn(eventsOf(watched.stdout)).slice(0, 6)
    for (const client of clients) {
      const scores = judgedIn(client.events).slice(0, -1)
      expect(scores.map(({ end }) => end)).toEqual(expected.map(({ end }) => end))
      for (const [at, { windowFakeProbability }] of scores.entries()) {
        expect(windowFakeProbability).toBeCloseTo(expected[at]!.windowFakeProbability!, 5)
      }
    }
    expect(await metric(port, 'earwitness_windows_total{result="scored"}')).toBe(STREAMS * (expected.length + 1))
    expect(await metric(port, 'earwitness_streams_closed_total{code="1000"}')).toBe(STREAMS)
  })

  it('tell their metrics though one of them hangs, with what that told last', async () => {
    const { child, port } = await start('--transport', transport, '--log-level', 'silent')
    await openStreams(port)
    expect(await metric(port, 'earwitness_streams')).toBe(STREAMS)
    const [hung] = workersOf(child) as [number]
    process.kill(hung, 'SIGSTOP')
    // A connection may still be the hung worker's.
    const asked = Array.from({ length: 8 }, () => metric(port, 'earwitness_streams'))
    expect(await Promise.any(asked)).toBe(STREAMS)
    process.kill(hung, 'SIGCONT')
    await Promise.all(asked)
  })

  it('let in no more streams than they have measured room for, and serve those inside', async () => {
    const { port } = await start('--transport', transport, '--limit', 'loadPercent=3')
    // Both have measured where the sum stays as it is.
    let room = 0
    const isSettled = async () => {
      const before = room
      room = await metric(port, 'earwitness_streams_room')
      return before > 0 && room === before
    }
    await expect.poll(isSettled, { timeout: 20_000, interval: 1_500 }).toBe(true)

    const inside: StreamClient[] = []
    let refused: unknown
    while (refused === undefined && inside.length <= room) {
      const client = new StreamClient(port, { hop: 0.5 })
      refused = await Promise.race([once(client.socket, 'open').then(() => undefined), refusal(client)])
      if (refused === undefined) inside.push(client)
    }
    expect(refused).toMatchObject({ status: 503, body: { code: 'too_many_streams' } })
    // The two may have measured a little apart, and the one that is full answers for itself.
    expect(inside.length).toBeGreaterThanOrEqual(Math.floor(room / 2) - 1)
    for (const client of inside) client.send(firstSeconds(fakeSpeech, 2))
    for (const client of inside) {
      await client.finish()
      expect(client.of('summary')[0]!.channels[0]).toMatchObject({ scored: 3, skipped: 0 })
    }
  })

  it('send open streams their summary on SIGTERM, and end with 0', async () => {
    const { child, port } = await start('--transport', transport, '--log-level', 'silent')
    const clients = await openStreams(port)
    for (const client of clients) client.send(firstSeconds(fakeSpeech, 2))
    await Promise.all(clients.map((client) => client.first('score')))
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    for (const client of clients) {
      expect(await client.closed).toEqual({ code: 1001, reason: 'draining' })
      expect(client.of('summary')[0]!.channels[0]).toMatchObject({ duration: 2 })
    }
    expect(await exit).toEqual([0, null])
  })

  it('end with 1 where their port is in use, and say what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const words = ['serve', '--workers', '2', '--transport', transport, '--port', String(port)]
    const { code, stdout, stderr } = await earwitness(words)
    other.close()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`port ${port} is in use`)
  })
})

describe('a worker', () => {
  it.runIf(process.platform === 'linux')('that dies takes its own streams along and is replaced', async () => {
    const { child, port } = await start()
    const clients = await openStreams(port)
    const workers = workersOf(child)
    process.kill(workers[0]!, 'SIGKILL')
    await expect.poll(() => clients.some(({ socket }) => socket.readyState !== socket.OPEN)).toBe(true)
    await untilAnother(child, workers)
    const others = clients.filter(({ socket }) => socket.readyState === socket.OPEN)
    expect(others.length).toBeGreaterThan(0)
    for (const client of others) client.send(firstSeconds(fakeSpeech, 2))
    for (const client of others) {
      await client.finish()
      expect(client.of('summary')[0]!.channels[0]).toMatchObject({ scored: 3 })
    }
    const replacement = await openStreams(port, 2)
    expect(await metric(port, 'earwitness_streams')).toBe(2)
    for (const client of replacement) await client.finish()
  })

  it.runIf(process.platform === 'linux')('that dies leaves what it had counted in the metrics', async () => {
    const { child, port } = await start()
    const clients = await openStreams(port)
    for (const client of clients) client.send(firstSeconds(fakeSpeech, 2))
    await Promise.all(clients.map((client) => client.finish()))
    const counted = async () => [
      await metric(port, 'earwitness_streams_closed_total{code="1000"}'),
      await metric(port, 'earwitness_windows_total{result="scored"}'),
      await metric(port, 'earwitness_event_latency_seconds_count'),
    ]
    const before = await counted()
    expect(before).toEqual([STREAMS, STREAMS * 3, STREAMS * 3])
    const workers = workersOf(child)
    process.kill(workers[0]!, 'SIGKILL')
    await untilAnother(child, workers)
    expect(await counted()).toEqual(before)
    expect(await metric(port, 'earwitness_streams')).toBe(0)
    const [another] = await openStreams(port, 1)
    await another!.finish()
    expect(await metric(port, 'earwitness_streams_closed_total{code="1000"}')).toBe(STREAMS + 1)
  })

  it.runIf(process.platform === 'linux')('that dies loses no window of a stream that can go on', async () => {
    const { child, port } = await start()
    const options = { WebSocket, reconnection: { firstDelayMs: 50, longestDelayMs: 200, attempts: 100 } }
    const streams = Array.from({ length: STREAMS }, () => connect(`http://127.0.0.1:${port}`, { hop: 1 }, options))
    const states = streams.map((stream) => {
      const seen: string[] = []
      stream.on('state', (state) => seen.push(state))
      return seen
    })
    const send = (from: number, to: number) => {
      for (const stream of streams) {
        for (const piece of inPieces(fakeSpeech.subarray(from * 32_000, to * 32_000), 6_400)) stream.send(piece)
      }
    }
    const heard = Promise.all(streams.map((stream) => new Promise((resolve) => stream.on('score', resolve))))
    send(0, 4)
    await heard
    process.kill(workersOf(child)[0]!, 'SIGKILL')
    await expect.poll(() => states.flat()).toContain('reconnecting')
    send(4, 8)
    const summaries = await Promise.all(streams.map((stream) => stream.close()))
    expect(summaries.map(({ channels }) => channels[0])).toEqual(
      streams.map(() => expect.objectContaining({ duration: 8, scored: 8, skipped: 0, failed: 0 })),
    )
  })

  it.skipIf(!hasOpenssl)('like all others takes new keys and a new certificate (skipped without openssl)', async () => {
    const files = new ScratchFiles()
    const { secret, stored } = keyNamed('newcomer')
    const keys = files.write('keys.json', { keys: [keyNamed('other').stored] })
    const { certificateFile, keyFile } = files.certificate('before')
    const { port } = await start('--keys', keys, '--tls-cert', certificateFile, '--tls-key', keyFile)
    const answers = () => Promise.all(Array.from({ length: 8 }, () => answered(port, secret)))
    expect(await answers()).toEqual(Array.from({ length: 8 }, () => ['before', 401]))
    files.write('keys.json', { keys: [stored] })
    files.certificate('after')
    await expect.poll(answers, { timeout: 20_000 }).toEqual(Array.from({ length: 8 }, () => ['after', 426]))
    files.remove()
  })

  it('ends the whole program where its model cannot be had, and says why', async () => {
    const { code, stdout, stderr } = await earwitness(['serve', '--workers', '2', '--port', '0', '--model', '/nowhere'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/cannot read .*model\.json/)
  })
})

describe('--workers', () => {
  it.each(['0', '1.5', 'many'])('refuses %s with 2', async (count) => {
    expect((await earwitness(['serve', '--workers', count])).code).toBe(2)
  })
})
