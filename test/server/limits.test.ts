import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Limits } from '../../src/protocol/limits.ts'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { fakeSpeech, fakeSpeechWav, firstSeconds } from '../fixtures/recordings.ts'
import { metric, refusal, StreamClient } from './stream-client.ts'

const FINALIZE = JSON.stringify({ type: 'finalize' })

describe.each<TransportName>(['ws', 'uws'])('limits over %s', (transport) => {
  let server: RunningServer
  const start = async (limits: Partial<Limits>): Promise<number> => {
    server = await serve({ port: 0, transport, limits })
    return server.port
  }
  afterEach(() => server.stop())
  const detect = (init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${server.port}/v1/detect`, {
      method: 'POST',
      body: fakeSpeechWav as Uint8Array<ArrayBuffer>,
      ...init,
    })

  it.each([
    ['audio', new Uint8Array(2)],
    ['words', '{"type":"keepAlive"}'],
  ])('closes with 1008 where messages of %s come too fast', async (_, message) => {
    const client = await StreamClient.open(await start({ messagesPerSecond: 10 }))
    for (let sent = 0; sent < 500; sent += 1) client.send(message)
    expect(await client.closed).toEqual({
      code: 1008,
      reason: expect.stringMatching(/^too_many_messages: at most 10 /),
    })
    expect(client.of('error')).toEqual([expect.objectContaining({ code: 'too_many_messages', fatal: true })])
  })

  it('answers so many finalize messages at once, and refuses others without an end', async () => {
    const client = await StreamClient.open(await start({ finalizes: 3 }))
    client.send(firstSeconds(fakeSpeech, 2), ...Array.from({ length: 20 }, () => FINALIZE))
    await client.finish()
    const answered = client.of('summary').length - 1
    expect(answered).toBeGreaterThanOrEqual(3)
    expect(client.of('error')).toHaveLength(20 - answered)
    expect(client.of('error')[0]).toMatchObject({ code: 'too_many_messages', fatal: false })
    expect((await client.closed).code).toBe(1000)
  })

  it('takes a finalize again once the one before is answered', async () => {
    const client = await StreamClient.open(await start({ finalizes: 1 }))
    client.send(firstSeconds(fakeSpeech, 2))
    for (let round = 1; round <= 4; round += 1) {
      client.send(FINALIZE)
      await expect.poll(() => client.of('summary').length).toBe(round)
    }
    expect(client.of('error')).toEqual([])
  })

  it('answers JSON that nests too deep with an error event, and the stream goes on', async () => {
    const client = await StreamClient.open(await start({ jsonDepth: 4 }))
    client.send(`{"type":"keepAlive","deep":${'['.repeat(4)}${']'.repeat(4)}}`, `{"type":"keepAlive","a":[[[]]]}`)
    await client.send(firstSeconds(fakeSpeech, 1)).finish()
    expect(client.of('error')).toEqual([
      expect.objectContaining({ code: 'bad_message', message: expect.stringContaining('4 levels'), fatal: false }),
    ])
  })

  it('answers a text beyond textBytes with an error event that says its size', async () => {
    const client = await StreamClient.open(await start({ textBytes: 100 }))
    await client.send(JSON.stringify({ type: 'keepAlive', padding: 'x'.repeat(100) })).finish()
    expect(client.of('error')).toEqual([
      expect.objectContaining({ message: 'a text message may have 100 bytes; one of 133 came', fatal: false }),
    ])
  })

  it('refuses a file of more audio than detectSeconds with 413', async () => {
    await start({ detectSeconds: 5 })
    const response = await detect()
    expect([response.status, await response.json()]).toEqual([413, expect.objectContaining({ code: 'audio_too_long' })])
  })

  it('refuses a file with 503 while detects are being scored, and takes it afterwards', async () => {
    await start({ detects: 1 })
    const statuses = (await Promise.all([detect(), detect(), detect()])).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 503, 503])
    expect((await detect()).status).toBe(200)
  })

  it('stops scoring a file whose sender has gone', async () => {
    const port = await start({ detects: 1 })
    const body = new Uint8Array(Buffer.concat(Array.from({ length: 60 }, () => fakeSpeech)))
    const url = `http://127.0.0.1:${port}/v1/detect?encoding=s16le`
    await expect(fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(300) })).rejects.toThrow()
    await expect.poll(async () => (await detect()).status, { timeout: 20_000 }).toBe(200)
  })

  it('refuses a stream with 503 where it would be more than the threads can do, and says when to come again', async () => {
    const port = await start({ loadPercent: 0.001 })
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${port}/v1/stream`)).status, { timeout: 20_000 })
      .toBe(503)
    const response = await fetch(`http://127.0.0.1:${port}/v1/stream`)
    expect(response.headers.get('retry-after')).toBe('5')
    const { status, body } = await refusal(new StreamClient(port, { hop: 1 }))
    expect([status, body]).toEqual([503, expect.objectContaining({ code: 'too_many_streams' })])
  })

  it('counts the channels that the audio has, not those that were asked for', async () => {
    const port = await start({ loadPercent: 1000 })
    await expect.poll(() => metric(port, 'earwitness_streams_room'), { timeout: 20_000 }).toBeGreaterThan(0)
    const loadOf = async (query: Record<string, number>, audio: Uint8Array) => {
      const client = (await StreamClient.open(port, query)).send(audio)
      await client.first('ready')
      await expect.poll(() => metric(port, 'earwitness_streams')).toBe(1)
      const load = await metric(port, 'earwitness_load_ratio{thread="model"}')
      await client.finish()
      await expect.poll(() => metric(port, 'earwitness_streams')).toBe(0)
      return load
    }
    const stereo = fakeSpeechWav.slice(0, 44 + 3_200)
    stereo[22] = 2
    const asked = await loadOf({ channels: 2 }, stereo.subarray(44))
    expect(await loadOf({ channels: 1 }, stereo)).toBeCloseTo(asked, 9)
  })

  it.each([
    ['channels', { channels: 1 }, { channels: 2 }, /^channels: .* at most 1, got 2$/],
    ['labelCharacters', { labelCharacters: 4 }, { label: 'call-7' }, /^label: .* at most 4 characters, got 6$/],
  ])('refuses streams and files beyond %s as a bad_parameter', async (_, limits, asked, message) => {
    const port = await start(limits)
    const refused = expect.objectContaining({ code: 'bad_parameter', message: expect.stringMatching(message) })
    expect(await refusal(new StreamClient(port, asked))).toEqual({ status: 400, body: refused })
    const client = await StreamClient.open(port)
    client.send(JSON.stringify({ type: 'start', ...asked }))
    expect([(await client.closed).code, client.events]).toEqual([1008, [refused]])
    const query = new URLSearchParams(
      Object.entries({ encoding: 's16le', ...asked }).map(([key, value]) => [key, `${value}`]),
    )
    const response = await fetch(`http://127.0.0.1:${port}/v1/detect?${query}`, {
      method: 'POST',
      body: new Uint8Array(64_000),
    })
    expect([response.status, await response.json()]).toEqual([400, refused])
  })

  it('closes with 1013 where a start message asks for more than there is room for', async () => {
    const port = await start({ loadPercent: 10, addressStreams: 256 })
    await expect.poll(() => metric(port, 'earwitness_streams_room'), { timeout: 20_000 }).toBeGreaterThan(0)
    const room = await metric(port, 'earwitness_streams_room')
    // Eight channels cost the event loop eight times as much as one, and the model more.
    const clients = await Promise.all(Array.from({ length: Math.ceil(room / 8) + 1 }, () => StreamClient.open(port)))
    for (const one of clients) one.send(JSON.stringify({ type: 'start', channels: 8, hop: 0.1 }))
    expect(await Promise.any(clients.map(async (one) => (await one.closed).code))).toBe(1013)
    for (const one of clients) one.socket.terminate()
  })
})

describe('limits over ws alone', () => {
  let server: RunningServer
  const sockets: Socket[] = []
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
    return server.stop()
  })
  const connect = async () => {
    const socket = createConnection(server.port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }

  it('closes sockets beyond connections at once', async () => {
    server = await serve({ port: 0, limits: { connections: 3, handshakeSeconds: 60 } })
    for (let opened = 0; opened < 3; opened += 1) await connect()
    await once((await connect()).resume(), 'close')
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false, false, true])
  })

  it('answers 408 to a request whose body does not come to its end', async () => {
    server = await serve({ port: 0, limits: { requestSeconds: 1, handshakeSeconds: 0.5 } })
    const socket = await connect()
    socket.write('POST /v1/detect HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 .*"code":"idle","message":"the request was not whole in time /s)
    await once(socket.resume(), 'close')
    expect(await metric(server.port, 'earwitness_refusals_total{code="internal"}')).toBeNaN()
  })
})
