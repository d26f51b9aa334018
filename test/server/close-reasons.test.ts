import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import type { Limits } from '../../src/protocol/limits.ts'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { StreamClient } from './stream-client.ts'

interface Way {
  readonly words: string
  readonly limits?: Partial<Limits>
  end(client: StreamClient): unknown
  readonly code: number
  readonly reason: RegExp
}

const WAYS: readonly Way[] = [
  { words: 'the audio ended', end: (client) => client.finish(), code: 1000, reason: /^done$/ },
  { words: 'the client closed', end: (client) => client.socket.close(1000), code: 1000, reason: /^by the client$/ },
  { words: 'the connection broke', end: (client) => client.socket.terminate(), code: 1006, reason: /^the connection/ },
  {
    words: 'nothing came',
    limits: { idleSeconds: 1 },
    end: () => {},
    code: 4408,
    reason: /^idle: nothing came for 1 s/,
  },
  {
    words: 'it lived too long',
    limits: { connectionSeconds: 1 },
    end: () => {},
    code: 1008,
    reason: /^connection_too_l/,
  },
  { words: 'messages came too fast', limits: { messagesPerSecond: 10 }, end: flood, code: 1008, reason: /^too_many_m/ },
  {
    words: 'its parameters were wrong',
    end: (client) => client.send(BAD_START),
    code: 1008,
    reason: /^bad_parameter: hop/,
  },
]
const BAD_START = '{"type":"start","hop":-1}'

function flood(client: StreamClient): void {
  for (let sent = 0; sent < 200; sent += 1) client.send(new Uint8Array(2))
}

describe.each<TransportName>(['ws', 'uws'])('the log over %s', (transport) => {
  let server: RunningServer
  afterEach(() => server.stop())

  async function logged(limits: Partial<Limits> = {}) {
    const lines: Record<string, unknown>[] = []
    const stream = new PassThrough().on('data', (line) => lines.push(JSON.parse(String(line))))
    server = await serve({ port: 0, transport, limits, log: pino({ level: 'debug' }, stream) })
    return lines
  }

  it.each(WAYS)('says of a stream that $words', async ({ limits, end, code, reason }) => {
    const lines = await logged(limits)
    const client = await StreamClient.open(server.port)
    await end(client)
    await expect.poll(() => lines.filter(({ msg }) => msg === 'stream closed')).toHaveLength(1)
    expect(lines.find(({ msg }) => msg === 'stream closed')).toMatchObject({
      stream: expect.stringMatching(/^[0-9a-f-]{36}$/),
      code,
      reason: expect.stringMatching(reason),
    })
  })

  it('says of a stream that the server stops', async () => {
    const lines = await logged({ drainSeconds: 1 })
    const client = await StreamClient.open(server.port)
    client.send(firstSeconds(fakeSpeech, 0.1))
    await client.first('ready')
    await server.stop()
    expect(lines.find(({ msg }) => msg === 'stream closed')).toMatchObject({ code: 1001, reason: 'draining' })
  })
})
