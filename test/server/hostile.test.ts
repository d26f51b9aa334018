import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Limits } from '../../src/protocol/limits.ts'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { maskedFrame, OPCODES, RawSocket } from './raw-socket.ts'
import { metric, StreamClient } from './stream-client.ts'

const MILLION = 1_000_000
/** Less than a million messages would take, were they kept; the client's own garbage is in it. */
const GROWTH_BYTES = 128 * 2 ** 20

describe.each<TransportName>(['ws', 'uws'])('a hostile client over %s', (transport) => {
  let server: RunningServer
  const raws: RawSocket[] = []
  const start = async (limits: Partial<Limits> = {}): Promise<number> => {
    server = await serve({ port: 0, transport, limits })
    return server.port
  }
  const open = async (headers?: string) => {
    const { raw, head } = await RawSocket.open(server.port, headers)
    raws.push(raw)
    return { raw, head }
  }
  afterEach(async () => {
    for (const { socket } of raws.splice(0)) socket.destroy()
    await server.stop()
  })

  /** A well-behaved stream still gets its scores. */
  async function servesAnother(): Promise<void> {
    const client = await StreamClient.open(server.port)
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    expect(client.of('score')).toHaveLength(3)
  }

  it('is not given compression, whatever it offers', async () => {
    await start()
    const { head } = await open('Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 101 /)
    expect(head).not.toMatch(/sec-websocket-extensions/i)
  })

  it('is dropped for a frame that says it is compressed', async () => {
    await start()
    const { raw } = await open()
    raw.frame(OPCODES.binary, new Uint8Array(100), 0x80 | 0x40)
    await raw.socket.resume()
    await raw.closed
    await servesAnother()
  })

  it('is gone soon after it went silent without a word', async () => {
    const port = await start({ idleSeconds: 1, handshakeSeconds: 1 })
    const { raw } = await open()
    raw.frame(OPCODES.binary, firstSeconds(fakeSpeech, 0.1))
    await expect.poll(() => metric(port, 'earwitness_streams'), { timeout: 10_000 }).toBe(0)
    expect(await metric(port, 'earwitness_streams_closed_total{code="4408"}')).toBe(1)
  })

  it('is closed for a million tiny messages, which are not kept', async () => {
    await start()
    const before = process.memoryUsage().rss
    const { raw } = await open()
    const thousand = Buffer.concat(
      Array.from({ length: 1000 }, () => maskedFrame(OPCODES.binary, new Uint8Array(2), 0x80)),
    )
    for (let sent = 0; sent < MILLION && !raw.socket.destroyed; sent += 1000) {
      if (!raw.socket.write(thousand)) await Promise.race([once(raw.socket, 'drain'), raw.closed])
      raw.socket.resume()
    }
    await raw.closed
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES)
    await servesAnother()
  })

  it('is closed for pings that are too many, and answered by no more than it reads', async () => {
    const port = await start()
    const before = process.memoryUsage().rss
    const { raw } = await open()
    raw.socket.pause()
    const many = Buffer.concat(Array.from({ length: 1000 }, () => maskedFrame(OPCODES.ping, new Uint8Array(125), 0x80)))
    for (let sent = 0; sent < MILLION && !raw.socket.destroyed; sent += 1000) {
      if (raw.socket.write(many)) continue
      if ((await metric(port, 'earwitness_streams')) === 0) break
      await nextTurn()
    }
    await expect.poll(() => metric(port, 'earwitness_streams'), { timeout: 10_000 }).toBe(0)
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES)
    await servesAnother()
  })

  it('is dropped for a message without an end, in pieces that are small each', async () => {
    await start({ messageBytes: 70_000 })
    const { raw } = await open()
    raw.frame(OPCODES.binary, new Uint8Array(0), 0)
    raw.socket.resume()
    for (let sent = 0; sent < 400 && !raw.socket.destroyed; sent += 1) {
      raw.frame(OPCODES.continuation, new Uint8Array(1000), 0)
      await nextTurn()
    }
    await raw.closed
    await servesAnother()
  })

  it('is dropped for text that is not UTF-8', async () => {
    await start()
    const { raw } = await open()
    raw.frame(OPCODES.text, Uint8Array.of(0x22, 0xc3, 0x28, 0xff, 0x22))
    raw.socket.resume()
    await raw.closed
    await servesAnother()
  })

  it('is dropped when its handshake comes byte by byte and has no end', { timeout: 20_000 }, async () => {
    const port = await start({ handshakeSeconds: 1 })
    const raw = new RawSocket(port)
    raws.push(raw)
    raw.socket.resume().write('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    const drops = setInterval(() => raw.socket.write('s'), 200)
    await raw.closed
    clearInterval(drops)
    await servesAnother()
  })

  it('does not change what other objects have by fields of its messages', async () => {
    await start()
    const client = await StreamClient.open(server.port)
    client.send('{"type":"start","__proto__":{"hop":2},"constructor":{"prototype":{"hop":2}},"label":"__proto__"}')
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    expect(client.of('ready')[0]).toMatchObject({ hop: 0.5, label: '__proto__' })
    expect(({} as { hop?: number }).hop).toBeUndefined()
    await servesAnother()
  })

  it('that comes a thousand times and says nothing hurts nobody', async () => {
    await start({ handshakeSeconds: 1, connections: 2000 })
    const flood = Array.from({ length: 1000 }, () => new RawSocket(server.port))
    raws.push(...flood)
    await servesAnother()
    for (const { socket } of flood) socket.resume()
    if (transport === 'ws') await Promise.all(flood.map(({ closed }) => closed))
  })
})
