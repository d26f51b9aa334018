import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TransportName } from '../../src/server/serve.ts'
import { type ServerProcess, startServerProcess } from '../client/server-process.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { RawSocket } from '../server/raw-socket.ts'
import { metric, StreamClient } from '../server/stream-client.ts'
import { effort, TARGET_TIMEOUT_MS } from './effort.ts'
import { mutated } from './mutations.ts'

const GROWTH_BYTES = 256 * 2 ** 20
const text = (words: string) => new TextEncoder().encode(words)

const payload = mutated([
  text('{"type":"start","encoding":"f32le","channels":2,"hop":0.1,"evidence":true}'),
  text('{"type":"start","encoding":"webm-opus","resume":true}'),
  text('{"type":"finalize"}'),
  text('{"type":"close"}'),
  firstSeconds(fakeSpeech, 0.2),
])
const frame = fc.record({
  opcode: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(1, 2) }, fc.integer({ min: 0, max: 15 })),
  bits: fc.oneof({ weight: 8, arbitrary: fc.constant(0x80) }, fc.constantFrom(0, 0x40, 0x90, 0xf0)),
  payload,
})
const request = mutated([
  text('GET /v1/stream?hop=0.5 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  text('POST /v1/detect?encoding=opus HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nabcdefghijklmnopqrst'),
  text('POST /v1/detect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nRIFF1\r\n0\r\n\r\n'),
  text('OPTIONS /v1/tokens HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\nAccess-Control-Request-Method: POST\r\n\r\n'),
])

describe.each<TransportName>(['ws', 'uws'])('a server over %s', (transport) => {
  let server: ServerProcess
  let undisturbed: number[]
  beforeAll(async () => {
    const limits = ['messagesPerSecond=100000', 'addressStreams=256', 'loadPercent=1000'].flatMap((one) => [
      '--limit',
      one,
    ])
    server = await startServerProcess(0, ['--transport', transport, ...limits])
    undisturbed = await scores()
  })
  afterAll(() => server.kill())

  async function scores(): Promise<number[]> {
    const client = await StreamClient.open(server.port)
    await client.send(firstSeconds(fakeSpeech, 3)).finish()
    return client.of('score').map(({ windowFakeProbability }) => windowFakeProbability ?? -1)
  }

  it('scores a good stream as ever beside connections of any bytes, and does not grow', {
    timeout: TARGET_TIMEOUT_MS,
  }, async () => {
    const before = await metric(server.port, 'process_resident_memory_bytes')
    let tried = 0
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 12 }), request, async (frames, bytes) => {
        const { raw } = await RawSocket.open(server.port)
        for (const one of frames) raw.frame(one.opcode, one.payload, one.bits)
        const plain = new RawSocket(server.port)
        plain.socket.end(bytes)
        for (const { socket } of [raw, plain]) socket.resume()
        await Promise.race([Promise.all([raw.closed, plain.closed]), wait(50)])
        for (const { socket } of [raw, plain]) socket.destroy()
        tried += 1
        if (tried % 20 > 0) return
        const found = await scores()
        expect(found).toHaveLength(undisturbed.length)
        for (const [at, score] of found.entries()) expect(score).toBeCloseTo(undisturbed[at]!, 5)
      }),
      effort(60),
    )
    await expect.poll(() => metric(server.port, 'earwitness_streams'), { timeout: 20_000 }).toBe(0)
    expect((await metric(server.port, 'process_resident_memory_bytes')) - before).toBeLessThan(GROWTH_BYTES)
  })
})
