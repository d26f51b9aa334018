import { describe, expect, it } from 'vitest'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { fakeSpeech } from '../fixtures/recordings.ts'
import { metric } from './stream-client.ts'

const REPEATS = 10
const SECONDS = (REPEATS * fakeSpeech.length) / 32_000

const detect = ({ port }: RunningServer) =>
  fetch(`http://127.0.0.1:${port}/v1/detect?encoding=s16le`, {
    method: 'POST',
    body: new Uint8Array(Buffer.concat(Array.from({ length: REPEATS }, () => fakeSpeech))),
  })

describe.each<TransportName>(['ws', 'uws'])('a file over %s while the server stops', (transport) => {
  it('is answered whole if it came before, and refused with 503 if it comes after', async () => {
    const server = await serve({ port: 0, transport })
    const batches = () => metric(server.port, 'earwitness_batches_total')
    await expect.poll(() => metric(server.port, 'earwitness_streams_room'), { timeout: 20_000 }).toBeGreaterThan(0)
    const idle = await batches()
    const before = detect(server)
    await expect.poll(batches, { interval: 5 }).toBeGreaterThan(idle)
    const stopped = server.stop()
    const after = await detect(server)
    expect([after.status, await after.json()]).toEqual([503, expect.objectContaining({ code: 'draining' })])
    const { status, summary } = await before.then(async (answer) => ({
      status: answer.status,
      ...(await answer.json()),
    }))
    expect([status, summary.channels[0].duration]).toEqual([200, SECONDS])
    await stopped
  })

  it('is given up after drainSeconds', async () => {
    const server = await serve({ port: 0, transport, limits: { drainSeconds: 0.02 } })
    const batches = () => metric(server.port, 'earwitness_batches_total')
    await expect.poll(() => metric(server.port, 'earwitness_streams_room'), { timeout: 20_000 }).toBeGreaterThan(0)
    const idle = await batches()
    const answer = expect(detect(server)).rejects.toThrow()
    await expect.poll(batches, { interval: 5 }).toBeGreaterThan(idle)
    await server.stop()
    await answer
  })
})
