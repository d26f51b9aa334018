import opus from '@discordjs/opus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServerEvent } from '../../src/protocol/events.ts'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { fakeSpeech, firstSeconds, inPieces, realSpeech } from '../fixtures/recordings.ts'
import { metric, refusal, StreamClient } from './stream-client.ts'

const WINDOWED = 1.2

interface WindowScore {
  readonly seq: number
  readonly end: number
  readonly windowFakeProbability: number | null
}

/** What a stream says of its audio, without the times of the run. */
function scoresOf(events: readonly ServerEvent[]): WindowScore[] {
  return events.flatMap((event) => {
    if (event.type !== 'score') return []
    const { seq, end, windowFakeProbability } = event
    return [{ seq, end, windowFakeProbability }]
  })
}

/** These scores as another run must give them: a batch of another size sums in another order. */
function alike(scores: readonly WindowScore[]): WindowScore[] {
  return scores.map(({ windowFakeProbability: probability, ...rest }) => ({
    ...rest,
    windowFakeProbability: probability === null ? null : expect.closeTo(probability, 5),
  }))
}

function opusPackets(count: number): Uint8Array[] {
  const encoder = new opus.OpusEncoder(16_000, 1)
  return inPieces(realSpeech, 640)
    .slice(0, count)
    .map((frame) => Uint8Array.from(encoder.encode(Buffer.from(frame))))
}

function float32(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}

describe.each<TransportName>(['ws', 'uws'])('bad input over %s', (transport) => {
  let server: RunningServer
  let undisturbed: WindowScore[]

  beforeAll(async () => {
    server = await serve({ port: 0, transport, limits: { messagesPerSecond: 1_000_000 } })
    const client = await StreamClient.open(server.port)
    undisturbed = alike(scoresOf(await client.send(firstSeconds(fakeSpeech, 3)).finish()))
  })
  afterAll(() => server.stop())

  /** Another stream goes on while the bad one does its worst, and its scores are as if it had been alone. */
  async function besideAnother(bad: () => Promise<void>): Promise<void> {
    const another = await StreamClient.open(server.port)
    const [start, ...rest] = inPieces(firstSeconds(fakeSpeech, 3), 32_000)
    another.send(start!)
    await bad()
    expect(scoresOf(await another.send(...rest).finish())).toEqual(undisturbed)
  }

  it.each([
    ['a sample rate of 0', { sampleRate: 0 }, 'sampleRate'],
    ['a sample rate that is no number', { sampleRate: 'fast' }, 'sampleRate'],
    ['no channels', { channels: 0 }, 'channels'],
    ['nine channels', { channels: 9 }, 'channels'],
    ['an unknown encoding', { encoding: 'mp3' }, 'encoding'],
    ['a hop of nothing', { hop: '' }, 'hop'],
    ['an infinite half-life', { halfLife: 'Infinity' }, 'halfLife'],
    ['an unknown kind of event', { events: 'score,everything' }, 'events'],
  ])('refuses %s with HTTP 400 and the name of the parameter', async (_, query, name) => {
    await besideAnother(async () => {
      const { status, body } = await refusal(new StreamClient(server.port, query))
      expect(status).toBe(400)
      expect(body).toMatchObject({ type: 'error', code: 'bad_parameter', message: expect.stringContaining(name) })
    })
  })

  it('refuses a model that is not loaded with HTTP 404', async () => {
    const { status, body } = await refusal(new StreamClient(server.port, { model: 'nobody' }))
    expect([status, body]).toEqual([404, expect.objectContaining({ code: 'unknown_model' })])
  })

  it('closes a stream whose start message has a wrong parameter', async () => {
    await besideAnother(async () => {
      const client = await StreamClient.open(server.port)
      client.send(JSON.stringify({ type: 'start', sampleRate: 0 }))
      expect(await client.closed).toEqual({ code: 1008, reason: expect.stringContaining('sampleRate') })
      expect(client.events).toEqual([
        { type: 'error', code: 'bad_parameter', message: expect.stringContaining('sampleRate'), fatal: true },
      ])
    })
  })

  it.each([
    ['broken JSON', '{"type": "finalize"', 'bad_message'],
    ['text where audio belongs', 'UklGRiQAAABXQVZF', 'bad_message'],
    ['JSON without a type', '{"hop": 1}', 'bad_message'],
    ['JSON that is no object', '[1, 2, 3]', 'bad_message'],
    ['a type named __proto__', '{"type": "__proto__"}', 'unknown_message'],
    ['a type that it does not know', '{"type": "configure"}', 'unknown_message'],
    ['a second start', '{"type": "start"}', 'bad_message'],
    ['a text beyond 16 KiB', JSON.stringify({ type: 'keepAlive', padding: 'x'.repeat(16_384) }), 'message_too_large'],
  ])('answers %s with an error event, and the stream goes on', async (_, text, code) => {
    await besideAnother(async () => {
      const client = await StreamClient.open(server.port)
      const [start, ...rest] = inPieces(firstSeconds(fakeSpeech, 3), 32_000)
      await client.send(start!, text, ...rest).finish()
      expect(client.of('error')).toEqual([{ type: 'error', code, message: expect.any(String), fatal: false }])
      expect(scoresOf(client.events)).toEqual(undisturbed)
    })
  })

  it('takes messages of 0 bytes and 1 byte as part of the audio', async () => {
    const client = await StreamClient.open(server.port)
    const audio = firstSeconds(fakeSpeech, 3)
    client.send(new Uint8Array(0), ...inPieces(audio.subarray(0, 101), 1), new Uint8Array(0), audio.subarray(101))
    expect(scoresOf(await client.finish())).toEqual(undisturbed)
  })

  it('warns of audio that ends in half a sample', async () => {
    const client = await StreamClient.open(server.port)
    await client.send(firstSeconds(fakeSpeech, WINDOWED), new Uint8Array(1)).finish()
    expect(client.of('warning').map(({ code }) => code)).toEqual(['truncated_audio'])
  })

  it('warns of a truncated Opus packet, and counts its 20 ms as a gap', async () => {
    await besideAnother(async () => {
      const client = await StreamClient.open(server.port, { encoding: 'opus' })
      const packets = opusPackets(60)
      packets[30] = Uint8Array.from([0x49, 1, 2, 3])
      await client.send(...packets).finish()
      expect(client.of('warning')).toEqual([expect.objectContaining({ code: 'corrupt_audio' })])
      expect(client.of('summary')[0]!.channels[0]).toMatchObject({ duration: 1.2, gapMs: 20 })
    })
  })

  it('puts silence in the place of NaN and infinity, and warns', async () => {
    await besideAnother(async () => {
      const client = await StreamClient.open(server.port, { encoding: 'f32le' })
      const values = Array.from({ length: 19_200 }, (_, at) =>
        at % 3 === 0 ? Number.NaN : at % 3 === 1 ? 1 / 0 : -1 / 0,
      )
      await client.send(float32(values)).finish()
      expect(client.of('warning').map(({ code }) => code)).toContain('not_finite')
      expect(client.of('score')[0]).toMatchObject({ windowFakeProbability: null, verdict: 'inconclusive' })
    })
  })

  it('drops the sender of a 10 MB message', async () => {
    await besideAnother(async () => {
      const client = await StreamClient.open(server.port)
      client.send(new Uint8Array(10_000_000))
      const { code } = await client.closed
      // uWebSockets.js drops what is more than four times the limit without a word.
      expect(code).toBe(transport === 'ws' ? 1009 : 1006)
      expect(client.of('error').map((error) => error.code)).toEqual(transport === 'ws' ? ['message_too_large'] : [])
    })
  })

  it('tells the sender of a message beyond 256 KiB, then closes with 1009', async () => {
    await besideAnother(async () => {
      const client = await StreamClient.open(server.port)
      client.send(new Uint8Array(256 * 1024 + 1))
      expect(await client.closed).toEqual({ code: 1009, reason: expect.stringContaining('262144 bytes') })
      expect(client.of('error')).toEqual([expect.objectContaining({ code: 'message_too_large', fatal: true })])
    })
  })

  it('closes with 1003 or 1007 on bytes that are not of the container they were said to be', async () => {
    await besideAnother(async () => {
      const client = await StreamClient.open(server.port, { encoding: 'ogg-opus' })
      client.send(firstSeconds(realSpeech, 3))
      const { code, reason } = await client.closed
      expect([1003, 1007]).toContain(code)
      expect(reason).toBe(`${client.of('error')[0]!.code}: ${client.of('error')[0]!.message}`)
    })
  })

  it('closes a client that stops reading with 1013, and serves another meanwhile', async () => {
    const client = await StreamClient.open(server.port)
    client.socket.pause()
    const flood = setInterval(() => {
      for (let sent = 0; sent < 2_000 && client.socket.bufferedAmount < 1e6; sent += 1) client.send('{"type":"?"}')
    }, 5)
    const another = await StreamClient.open(server.port)
    expect(scoresOf(await another.send(...inPieces(firstSeconds(fakeSpeech, 3), 640)).finish())).toEqual(undisturbed)
    await expect
      .poll(() => metric(server.port, 'earwitness_streams_closed_total{code="1013"}'), { timeout: 20_000 })
      .toBe(1)
    clearInterval(flood)
    client.socket.terminate()
  })
})
