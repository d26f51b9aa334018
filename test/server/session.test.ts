import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Limits } from '../../src/protocol/limits.ts'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { fakeSpeech, firstSeconds, inPieces, telephone } from '../fixtures/recordings.ts'
import { metric, refusal, StreamClient } from './stream-client.ts'

const FINALIZE = JSON.stringify({ type: 'finalize' })
const KEEP_ALIVE = JSON.stringify({ type: 'keepAlive' })

describe.each<TransportName>(['ws', 'uws'])('a stream over %s', (transport) => {
  let server: RunningServer
  const start = async (limits: Partial<Limits> = {}): Promise<number> => {
    server = await serve({ port: 0, transport, limits })
    return server.port
  }
  afterEach(() => server.stop())

  it('begins with ready, then scores, then a summary, and closes with 1000', async () => {
    const client = await StreamClient.open(await start(), { label: 'call 7' })
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    const kinds = client.events.map(({ type }) => type).filter((type) => type !== 'alert')
    expect(kinds).toEqual(['ready', 'score', 'score', 'score', 'summary'])
    expect(client.of('ready')[0]).toMatchObject({ label: 'call 7', provider: 'cpu', window: 10.24, hop: 0.5 })
    expect(await client.closed).toEqual({ code: 1000, reason: 'done' })
  })

  it('takes its parameters from a start message', async () => {
    const client = await StreamClient.open(await start())
    const request = { type: 'start', encoding: 'mulaw', sampleRate: 8_000, channels: 2, hop: 1, nonsense: true }
    client.send(JSON.stringify(request))
    expect(await client.first('ready')).toMatchObject({
      hop: 1,
      audio: { encoding: 'mulaw', sampleRate: 8_000, channels: 2, downmix: false },
    })
  })

  it('sends only the kinds of event that were asked for', async () => {
    const client = await StreamClient.open(await start(), { events: 'summary' })
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    expect(client.events.map(({ type }) => type)).toEqual(['ready', 'summary'])
  })

  it('scores each channel by itself', async () => {
    const client = await StreamClient.open(await start(), { channels: 2 })
    const mono = new Int16Array(firstSeconds(fakeSpeech, 2).slice().buffer)
    const stereo = Int16Array.from({ length: mono.length * 2 }, (_, at) => (at % 2 === 0 ? mono[at / 2]! : 0))
    await client.send(new Uint8Array(stereo.buffer)).finish()
    const [left, right] = client.of('summary')[0]!.channels
    expect(left).toMatchObject({ channel: 0, scored: 3 })
    expect(right).toMatchObject({ channel: 1, scored: 0, verdict: 'inconclusive', reason: 'silence' })
  })

  it('does not judge music on hold, and says that it heard no speech', async () => {
    const client = await StreamClient.open(await start(), { encoding: 'mulaw', sampleRate: 8_000 })
    await client.send(telephone.electronicMusic).finish()
    expect(new Set(client.of('score').map(({ reason }) => reason))).toEqual(new Set(['not_speech']))
    expect(client.of('summary')[0]!.channels[0]).toMatchObject({
      scored: 0,
      speechSeconds: 0,
      verdict: 'inconclusive',
      reason: 'not_speech',
    })
  })

  it('scores what is there on finalize, and goes on', async () => {
    const client = await StreamClient.open(await start())
    client.send(firstSeconds(fakeSpeech, 1.8), FINALIZE)
    expect((await client.first('summary')).channels[0]).toMatchObject({ scored: 3 })
    await client.send(firstSeconds(fakeSpeech, 1)).finish()
    expect(client.of('summary')[1]!.channels[0]).toMatchObject({ duration: 2.8 })
  })

  it('closes with 4408 when nothing comes', async () => {
    const client = await StreamClient.open(await start({ idleSeconds: 0.2 }))
    expect(await client.closed).toEqual({ code: 4408, reason: expect.stringMatching(/^idle: nothing came for 0.2 s/) })
  })

  it('is not idle while what it sent is being scored', async () => {
    const client = await StreamClient.open(await start({ idleSeconds: 0.1 }), { hop: 0.1 })
    await client.send(...inPieces(fakeSpeech, 64_000)).finish()
    expect(await client.closed).toEqual({ code: 1000, reason: 'done' })
  })

  it('stays open as long as keepAlive comes', async () => {
    const client = await StreamClient.open(await start({ idleSeconds: 0.4 }))
    for (let sent = 0; sent < 8; sent += 1) {
      client.send(KEEP_ALIVE)
      await wait(100)
    }
    expect(client.socket.readyState).toBe(client.socket.OPEN)
    expect((await client.closed).code).toBe(4408)
  })

  it('answers keepAlive by its newest ack, if it has one', async () => {
    const port = await start()
    const client = await StreamClient.open(port, { resume: true })
    await client.send(firstSeconds(fakeSpeech, 2)).first('score')
    await wait(100)
    const newest = client.of('ack').at(-1)
    client.send(KEEP_ALIVE)
    await once(client.socket, 'message')
    expect(client.events.at(-1)).toEqual(newest)
    await client.finish()

    const other = await StreamClient.open(port)
    await other.send(KEEP_ALIVE).finish()
    expect(other.of('ack')).toEqual([])
  })

  it('ends with its summary and 1008 when it has lived for connectionSeconds', async () => {
    const client = await StreamClient.open(await start({ connectionSeconds: 0.5 }))
    client.send(firstSeconds(fakeSpeech, 2))
    expect(await client.closed).toEqual({ code: 1008, reason: 'connection_too_long' })
    expect(client.of('summary')).toHaveLength(1)
  })

  it('is refused with 503 beyond the number of streams, and let in when one has left', async () => {
    const port = await start({ streams: 1 })
    const first = await StreamClient.open(port)
    const { status, body } = await refusal(new StreamClient(port))
    expect([status, body]).toEqual([503, expect.objectContaining({ code: 'too_many_streams' })])
    await first.finish()
    await expect.poll(() => metric(port, 'earwitness_streams')).toBe(0)
    await StreamClient.open(port)
  })

  it('is refused with 400 where its parameters do not go together', async () => {
    const { status, body } = await refusal(new StreamClient(await start(), { encoding: 'opus', channels: 3 }))
    expect([status, body]).toEqual([400, expect.objectContaining({ code: 'bad_parameter' })])
  })

  it('is not there but at /v1/stream', async () => {
    const response = await fetch(`http://127.0.0.1:${await start()}/v1/stream`)
    expect([response.status, await response.json()]).toEqual([426, expect.objectContaining({ code: 'bad_parameter' })])
  })

  it('is held back when its audio runs too far ahead, or told to go slower where it cannot be', async () => {
    const client = await StreamClient.open(await start({ audioAheadSeconds: 5 }))
    client.send(...inPieces(fakeSpeech, 32_000))
    if (transport === 'ws') {
      await client.finish()
      expect(client.of('warning')[0]).toMatchObject({ code: 'audio_ahead' })
      expect(client.of('summary')[0]!.channels[0]).toMatchObject({ duration: 12, scored: 23, skipped: 0 })
    } else {
      expect((await client.closed).code).toBe(1013)
      expect(client.of('error')[0]).toMatchObject({ code: 'audio_too_fast', fatal: true })
    }
  })

  it('gets its scores, a summary and 1001 when the server stops', async () => {
    const client = await StreamClient.open(await start())
    client.send(firstSeconds(fakeSpeech, 2))
    await client.first('ready')
    await server.stop()
    expect(await client.closed).toEqual({ code: 1001, reason: 'draining' })
    expect(client.of('summary')[0]!.channels[0]).toMatchObject({ duration: 2, scored: 3 })
  })

  it.each([
    ['forwards', 86_400_000],
    ['back', -86_400_000],
  ])('does not notice a clock that jumps %s by a day', async (_, jumpMs) => {
    const client = await StreamClient.open(await start(), { resume: true })
    client.send(...inPieces(firstSeconds(fakeSpeech, 2), 6_400))
    await client.first('score')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs })
    try {
      client.send(...inPieces(firstSeconds(fakeSpeech, 2), 6_400))
      await client.finish()
    } finally {
      vi.useRealTimers()
    }
    expect(client.of('score').map(({ end }) => end)).toEqual([1, 1.5, 2, 2.5, 3, 3.5, 4])
    expect(client.of('score').every(({ skipped, latencyMs }) => skipped === 0 && latencyMs < 30_000)).toBe(true)
    expect((await client.closed).code).toBe(1000)
  })

  it('goes on after its inference worker died, and tells of each window that was lost', async () => {
    const client = await StreamClient.open(await start())
    client.send(...inPieces(fakeSpeech, 32_000))
    await client.first('score')
    const { thread } = server.models.find(undefined)
    // What is no request at all makes the thread throw where nobody catches it.
    thread.worker?.postMessage(undefined)
    await client.finish()
    const { scored, failed } = client.of('summary')[0]!.channels[0]!
    expect(scored + failed).toBe(23)
    expect(client.of('error').map(({ code, fatal }) => [code, fatal])).toEqual(
      Array.from({ length: failed }, () => ['inference_failed', false]),
    )
    expect(client.of('score').at(-1)).toMatchObject({ end: 12, windowFakeProbability: expect.any(Number) })
    expect(thread.restarts).toBe(1)
  })
})
