import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'

const { runClient } = await import(String(new URL('../../scripts/soak/clients.mjs', import.meta.url)))

/** What a server does where it should score. */
interface Behaviour {
  readonly events: readonly object[]
  readonly code: number
  readonly status?: number
  readonly answer?: object
}

/** What a client of this kind notes of a server that behaves like this. */
async function noted(kind: string, { events, code, status = 200, answer = {} }: Behaviour): Promise<string[]> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(answer)))
  })
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.once('message', () => {
      for (const event of events) socket.send(JSON.stringify(event))
      socket.close(code)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const unexpected: string[] = []
  const note = { started() {}, latency() {}, unexpected: (what: string) => unexpected.push(what) }
  await runClient((server.address() as AddressInfo).port, AbortSignal.abort(), note, kind)
  server.closeAllConnections()
  server.close()
  return unexpected
}

const SUMMARY = { type: 'summary' }
const FAILED = { type: 'error', code: 'inference_failed' }

describe('a client of the soak', () => {
  it('has nothing to say of a server that does what it should', async () => {
    expect(await noted('pcm', { events: [SUMMARY], code: 1000 })).toEqual([])
    expect(await noted('garbage words', { events: [], code: 1008 })).toEqual([])
    expect(await noted('a file', { events: [], code: 1000, answer: { summary: {}, errors: [] } })).toEqual([])
  })

  it.each([
    ['a window that failed', 'pcm', { events: [FAILED, FAILED, SUMMARY], code: 1000 }, /inference_failed/],
    ['a missing summary', 'opus', { events: [], code: 1000 }, /closed with 1000 after 0 summaries/],
    ['an end with an error', 'pcm', { events: [], code: 1011 }, /closed with 1011/],
    ['garbage that passed for a stream', 'garbage words', { events: [], code: 1000 }, /closed with 1000, not 1008/],
    [
      'a server that breaks at garbage',
      'a message too large',
      { events: [], code: 1011 },
      /closed with 1011, not 1009/,
    ],
    ['a file that was refused', 'a file', { events: [], code: 1000, status: 500 }, /HTTP 500/],
    ['a file without a summary', 'a file', { events: [], code: 1000, answer: { errors: [] } }, /without a summary/],
  ])('tells of %s', async (_, kind, behaviour, told) => {
    expect(await noted(kind, behaviour)).toEqual([expect.stringMatching(told)])
  })
})
