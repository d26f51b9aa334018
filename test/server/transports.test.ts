import { once } from 'node:events'
import { createConnection } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Transport } from '../../src/server/transport.ts'
import { uwsTransport } from '../../src/server/transport-uws.ts'
import { wsTransport } from '../../src/server/transport-ws.ts'
import { LIMITS, ProbeServer } from './transport-probe.ts'

const TRANSPORTS: readonly [string, Transport][] = [
  ['ws', wsTransport],
  ['uws', uwsTransport],
]

describe.each(TRANSPORTS)('the %s transport', (name, transport) => {
  const servers: ProbeServer[] = []
  const start = async (port?: number): Promise<ProbeServer> => {
    const server = await ProbeServer.start(transport, port)
    servers.push(server)
    return server
  }
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()))
  })

  it('hands over binary messages of any size as they were sent', async () => {
    const { client, peer } = await (await start()).connect()
    const sizes = fc.integer({ min: 0, max: LIMITS.messageBytes })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(0, 1, LIMITS.messageBytes), sizes), { maxLength: 5 }),
        async (all) => {
          const messages = all.map((size, index) => new Uint8Array(size).map((_, at) => (at * 31 + index) & 255))
          peer.audio.length = 0
          for (const message of messages) client.send(message)
          await peer.until(({ audio }) => audio.length === messages.length)
          expect(peer.audio.map((bytes, at) => Buffer.compare(bytes, messages[at]!))).toEqual(messages.map(() => 0))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('hands over many small messages at once, each as it was sent', async () => {
    const { client, peer } = await (await start()).connect()
    for (let value = 0; value < 200; value += 1) client.send(new Uint8Array(640).fill(value))
    await peer.until(({ audio }) => audio.length === 200)
    expect(peer.audio.map((bytes) => new Set(bytes))).toEqual(
      Array.from({ length: 200 }, (_, value) => new Set([value])),
    )
  })

  it('hands over text in any script', async () => {
    const { client, peer } = await (await start()).connect()
    client.send('{"label":"голос 声音 🎙"}')
    client.send('')
    expect((await peer.until(({ texts }) => texts.length === 2)).texts).toEqual(['{"label":"голос 声音 🎙"}', ''])
  })

  it('tells the application the path, query, headers and address of an upgrade', async () => {
    const server = await start()
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/v1/stream?hop=1&label=a%20b`, {
      headers: { 'x-key': 'k' },
    })
    await once(client, 'open')
    client.terminate()
    const [upgrade] = server.upgrades
    expect(upgrade?.path).toBe('/v1/stream')
    expect(Object.fromEntries(upgrade!.query)).toEqual({ hop: '1', label: 'a b' })
    expect(upgrade?.headers['x-key']).toBe('k')
    expect(upgrade?.remoteAddress).toMatch(/127\.0\.0\.1$/)
  })

  it.each(['', '?'])('gives an upgrade at "/v1/stream%s" an empty query', async (end) => {
    const server = await start()
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/v1/stream${end}`)
    await once(client, 'open')
    client.terminate()
    expect(server.upgrades[0]!.query.size).toBe(0)
  })

  it('answers a refused upgrade with the status, headers and body of the application', async () => {
    const server = await start()
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/refused`)
    const [, response] = await once(client, 'unexpected-response')
    expect(response.statusCode).toBe(503)
    expect(response.headers['retry-after']).toBe('7')
    expect(Buffer.concat(await response.toArray()).toString()).toBe('{"code":"too_many_streams"}')
  })

  it('tells of the end of a connection that was closed while it was accepted', async () => {
    const server = await start()
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/closed-at-once`)
    const [code] = await once(client, 'close')
    await server.peers[0]!.until(({ closes }) => closes.length === 1)
    expect([code, server.peers[0]!.closes]).toEqual([1008, [1008]])
  })

  it('ends the socket of a refused upgrade, though the client keeps its side open', async () => {
    const server = await start()
    const socket = createConnection({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    socket.write(
      'GET /refused HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await once(socket.resume(), 'end')
    const probe = setInterval(() => socket.write('is anybody there?'), 50)
    await closed
    clearInterval(probe)
  })

  it('takes a request that offers another protocol as the plain one that it is', async () => {
    const server = await start()
    const socket = createConnection(server.port, '127.0.0.1')
    const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n'
    socket.write(`POST /v1/detect?hop=1 HTTP/1.1\r\nHost: x\r\n${upgrade}Content-Length: 10\r\n\r\nfirst`)
    setTimeout(() => socket.write('later'), 100)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK.*\r\n\r\nPOST \/v1\/detect$/s)
    expect(Buffer.from(server.bodies[0]!).toString()).toBe('firstlater')
    socket.destroy()
  })

  it('answers requests in their order, one of which offers another protocol', async () => {
    const server = await start()
    const socket = createConnection(server.port, '127.0.0.1')
    let said = ''
    socket.on('data', (bytes) => {
      said += String(bytes)
    })
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n'
    socket.write(`GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n${offer}\r\n`)
    await expect.poll(() => said).toMatch(/GET \/two$/)
    socket.write('GET /three HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => said).toMatch(/GET \/three$/)
    expect(said.match(/GET \/[a-z]+/g)).toEqual(['GET /one', 'GET /two', 'GET /three'])
    socket.destroy()
  })

  it('hands over an HTTP request whole', async () => {
    const server = await start()
    const body = new Uint8Array(LIMITS.bodyBytes).map((_, at) => at & 255)
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/detect?encoding=s16le`, { method: 'POST', body })
    expect(await response.text()).toBe('POST /v1/detect')
    expect(Object.fromEntries(server.requests[0]!.query)).toEqual({ encoding: 's16le' })
    expect(Buffer.compare(server.bodies[0]!, body)).toBe(0)
  })

  it('answers HEAD with the length of the body and no body', async () => {
    const server = await start()
    const response = await fetch(`http://127.0.0.1:${server.port}/healthz`, { method: 'HEAD' })
    expect(response.headers.get('content-length')).toBe('13')
    expect(await response.text()).toBe('')
  })

  it.each([
    ['says its length', true],
    ['does not say its length', false],
  ])('answers 413 to a body beyond the limit that %s', async (_, saysLength) => {
    const server = await start()
    const body = new Uint8Array(LIMITS.bodyBytes + 1)
    const sent = saysLength ? body : new Blob([body]).stream()
    const request = { method: 'POST', body: sent, duplex: 'half' } as RequestInit
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/detect`, request)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ type: 'error', code: 'body_too_large' })
    expect(server.requests).toEqual([])
  })

  it('tells the client of a message that is too large, and closes with 1009', async () => {
    const { client, peer } = await (await start()).connect()
    client.send(new Uint8Array(LIMITS.messageBytes + 1))
    const [said] = await once(client, 'message')
    expect(JSON.parse(String(said))).toMatchObject({ type: 'error', code: 'message_too_large', fatal: true })
    const [code, reason] = await once(client, 'close')
    expect([code, String(reason)]).toEqual([1009, expect.stringContaining('at most 100000 bytes')])
    expect(peer.audio).toEqual([])
  })

  it('drops the sender of 10 MB without harm to another', async () => {
    const server = await start()
    const { client, peer } = await server.connect()
    const other = await server.connect()
    client.send(new Uint8Array(10_000_000))
    await peer.until(({ closes }) => closes.length > 0)
    other.client.send('still here')
    await other.peer.until(({ texts }) => texts.length === 1)
    expect(peer.audio).toEqual([])
  })

  it('drops the sender of text that is not UTF-8 without harm to another', async () => {
    const server = await start()
    const { client, peer } = await server.connect()
    const other = await server.connect()
    client.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false })
    await peer.until(({ closes }) => closes.length > 0)
    other.client.send('still here')
    await other.peer.until(({ texts }) => texts.length === 1)
    expect(peer.texts).toEqual([])
  })

  it('answers a ping with its words, and hands over that it came', async () => {
    const { client, peer } = await (await start()).connect()
    client.ping('are you there?')
    expect(String((await once(client, 'pong'))[0])).toBe('are you there?')
    await peer.until(({ controls }) => controls.length === 1)
  })

  it('refuses to queue more than the limit for a client that does not read, and serves another meanwhile', async () => {
    const server = await start()
    const { client, peer } = await server.connect()
    const other = await server.connect()
    client.pause()
    expect(peer.fill()).toContain('refused')
    other.peer.connection.send('for the one who reads')
    expect(String((await once(other.client, 'message'))[0])).toBe('for the one who reads')
  })

  it('closes with the code and the reason it was given, the reason cut to 123 bytes', async () => {
    const { client, peer } = await (await start()).connect()
    peer.connection.close(4408, 'é'.repeat(100))
    const [code, reason] = await once(client, 'close')
    expect([code, String(reason)]).toEqual([4408, 'é'.repeat(61)])
    await peer.until(({ closes }) => closes.length > 0)
  })

  it('takes nothing more from a client after it closed', async () => {
    const { client, peer } = await (await start()).connect()
    client.pause()
    peer.connection.close(1000, 'done')
    client.send('too late')
    client.resume()
    await once(client, 'close')
    await peer.until(({ closes }) => closes.length > 0)
    expect(peer.texts).toEqual([])
  })

  it.each([
    ['closes', (client: WebSocket) => client.close(1000), 1000],
    ['vanishes', (client: WebSocket) => client.terminate(), 1006],
  ])('says once that a client %s', async (_, leave, code) => {
    const { client, peer } = await (await start()).connect()
    leave(client)
    await peer.until(({ closes }) => closes.length > 0)
    peer.connection.close(1000, 'again')
    expect(peer.connection.send('to nobody')).toBe('sent')
    expect(peer.closes).toEqual([code])
  })

  it('stops reading while it is paused, or says that it cannot', async () => {
    const { client, peer } = await (await start()).connect()
    const other = await servers[0]!.connect()
    const paused = peer.connection.pause()
    client.send('one')
    other.client.send('two')
    await other.peer.until(({ texts }) => texts.length === 1)
    if (paused) expect(peer.texts).toEqual([])
    peer.connection.resume()
    await peer.until(({ texts }) => texts.length === 1)
    expect(paused).toBe(name === 'ws')
  })

  it('destroys a socket that never finishes its handshake', async () => {
    const server = await start()
    const socket = createConnection(server.port, '127.0.0.1').on('error', () => {})
    socket.write('GET /v1/stream HTTP/1.1\r\nHost: x\r\n')
    socket.resume()
    await once(socket, 'close')
  })

  it('survives bytes that are not HTTP', async () => {
    const server = await start()
    const socket = createConnection(server.port, '127.0.0.1').on('error', () => {})
    socket.write(Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 7) & 255)))
    socket.resume()
    await once(socket, 'close')
    const { client, peer } = await server.connect()
    client.send('fine')
    await peer.until(({ texts }) => texts.length === 1)
  })

  it('carries 200 connections at once', async () => {
    const server = await start()
    const pairs = []
    for (let index = 0; index < 200; index += 1) pairs.push(await server.connect())
    for (const [index, { client }] of pairs.entries()) client.send(String(index))
    for (const [index, { peer }] of pairs.entries()) {
      expect((await peer.until(({ texts }) => texts.length === 1)).texts).toEqual([String(index)])
    }
  })

  it('keeps open connections when it stops accepting', async () => {
    const server = await start()
    const { client, peer } = await server.connect()
    server.stopAccepting()
    await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow()
    client.send('still here')
    await peer.until(({ texts }) => texts.length === 1)
  })

  it('frees its port when it closes', async () => {
    const first = await ProbeServer.start(transport)
    const { port } = first
    await first.connect()
    await first.close()
    expect((await start(port)).port).toBe(port)
  })

  it('says that a port is taken', async () => {
    const { port } = await start()
    await expect(start(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
