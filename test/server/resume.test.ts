import { afterEach, describe, expect, it } from 'vitest'
import type { Limits } from '../../src/protocol/limits.ts'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { fakeSpeech, firstSeconds, inPieces } from '../fixtures/recordings.ts'
import { refusal, StreamClient } from './stream-client.ts'

const FINALIZE = JSON.stringify({ type: 'finalize' })

describe.each<TransportName>(['ws', 'uws'])('a stream with resume over %s', (transport) => {
  let server: RunningServer
  const start = async (limits: Partial<Limits> = {}): Promise<number> => {
    server = await serve({ port: 0, transport, limits })
    return server.port
  }
  afterEach(() => server.stop())

  /** The newest token of a stream that has heard so many seconds and then was gone. */
  const interrupted = async (port: number, seconds: number): Promise<{ token: string; seqs: number[] }> => {
    const client = await StreamClient.open(port, { resume: true, hop: 1 })
    client.send(...inPieces(firstSeconds(fakeSpeech, seconds), 3_200))
    await expect.poll(() => client.of('ack').at(-1)?.at, { timeout: 20_000 }).toBeGreaterThanOrEqual(seconds - 0.5)
    const seqs = client.of('score').map(({ seq }) => seq)
    client.socket.terminate()
    await client.closed
    return { token: client.of('ack').at(-1)!.token, seqs }
  }

  it('is acknowledged at its beginning and each half second after', async () => {
    const client = await StreamClient.open(await start(), { resume: true })
    await client.send(...inPieces(firstSeconds(fakeSpeech, 3), 3_200)).finish()
    expect(client.events.slice(0, 2).map(({ type }) => type)).toEqual(['ready', 'ack'])
    const gaps = client.of('ack').map(({ at }, index, all) => at - (all[index - 1]?.at ?? 0))
    expect(gaps.length).toBeGreaterThanOrEqual(5)
    expect(Math.max(...gaps)).toBeLessThan(0.65)
  })

  it('is not acknowledged where it did not ask', async () => {
    const client = await StreamClient.open(await start())
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    expect(client.of('ack')).toEqual([])
  })

  it('goes on by its token in a start message: its id, its windows, its summary', async () => {
    const port = await start()
    const { token, seqs } = await interrupted(port, 4)
    const client = await StreamClient.open(port)
    client.send(JSON.stringify({ type: 'start', resume: token }))
    const { resumed } = await client.first('ready')
    await client.send(firstSeconds(fakeSpeech, 6).subarray(resumed!.replayFrom)).finish()
    const after = client.of('score').map(({ seq }) => seq)
    expect(new Set([...seqs, ...after])).toEqual(new Set([0, 1, 2, 3, 4, 5]))
    expect(client.of('summary')[0]!.channels[0]).toMatchObject({ duration: 6, scored: 6, skipped: 0, failed: 0 })
  })

  it('goes on by its token in the query', async () => {
    const port = await start()
    const { token } = await interrupted(port, 2)
    const client = await StreamClient.open(port, { resume: token })
    expect((await client.first('ready')).resumed).toMatchObject({ replayFrom: 0 })
  })

  it('is closed with 4409 for a token that was changed, and told why', async () => {
    const port = await start()
    const { token } = await interrupted(port, 2)
    const client = await StreamClient.open(port)
    client.send(JSON.stringify({ type: 'start', resume: `${token.slice(0, 9)}${token.slice(10)}` }))
    expect(await client.closed).toMatchObject({ code: 4409, reason: expect.stringMatching(/^resume_refused: /) })
    expect(client.of('error')[0]).toMatchObject({ code: 'resume_refused', fatal: true })
  })

  it('is refused with 409 for such a token in the query, and with 400 for what is none', async () => {
    const port = await start()
    const { token } = await interrupted(port, 2)
    const forged = await refusal(new StreamClient(port, { resume: `${token.slice(0, 9)}${token.slice(10)}` }))
    const nonsense = await refusal(new StreamClient(port, { resume: 'nonsense' }))
    expect([forged.status, forged.body]).toEqual([409, expect.objectContaining({ code: 'resume_refused' })])
    expect([nonsense.status, nonsense.body]).toEqual([400, expect.objectContaining({ code: 'bad_parameter' })])
  })

  it('is refused where it is a container, which nobody can enter in its middle', async () => {
    const { status, body } = await refusal(new StreamClient(await start(), { encoding: 'ogg-opus', resume: true }))
    expect([status, body]).toEqual([400, expect.objectContaining({ message: expect.stringMatching(/^resume: /) })])
  })

  it('answers as many finalize as may wait, and tells of each one more', async () => {
    const client = await StreamClient.open(await start({ finalizes: 3 }))
    client.send(firstSeconds(fakeSpeech, 2), ...Array.from({ length: 8 }, () => FINALIZE))
    await client.finish()
    const refused = client.of('error').filter(({ code }) => code === 'too_many_messages')
    expect(refused.length).toBeGreaterThan(0)
    expect(client.of('summary').length + refused.length).toBe(8 + 1)
  })

  it('is told that the server stops, and has time to move', async () => {
    const client = await StreamClient.open(await start({ drainSeconds: 20 }), { resume: true, events: 'score' })
    client.send(firstSeconds(fakeSpeech, 2))
    await client.first('score')
    const stopped = server.stop()
    expect(await client.first('draining')).toEqual({ type: 'draining', deadline: 10 })
    const late = await refusal(new StreamClient(server.port))
    const ready = await fetch(`http://127.0.0.1:${server.port}/readyz`)
    expect([late.status, late.body, ready.status]).toEqual([503, expect.objectContaining({ code: 'draining' }), 503])
    client.send(firstSeconds(fakeSpeech, 2))
    await expect.poll(() => client.of('score').at(-1)?.end, { timeout: 20_000 }).toBeGreaterThan(3)
    client.socket.close()
    await stopped
  })

  it('ends with an ack, a summary and 1001 where it does not move, its audio open at the end', async () => {
    const client = await StreamClient.open(await start({ drainSeconds: 2 }), { resume: true })
    client.send(firstSeconds(fakeSpeech, 2.25))
    await client.first('score')
    await server.stop()
    expect(await client.closed).toEqual({ code: 1001, reason: 'draining' })
    expect(client.of('summary')).toEqual([expect.objectContaining({ leaving: true })])
    expect(client.of('ack').at(-1)!.at).toBe(2.25)
    expect(client.of('score').at(-1)!.end).toBe(2)
  })
})
