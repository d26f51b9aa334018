import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type ConnectionState, connect, type EarwitnessError, type EarwitnessStream } from '../../client/sdk/index.ts'
import { type RunningServer, serve } from '../../src/server/serve.ts'
import { asWav, inPieces } from '../fixtures/recordings.ts'
import { keyNamed } from '../server/access/scratch-files.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const RATE = 16_000
const QUICKLY = { firstDelayMs: 20, longestDelayMs: 200, attempts: 200 }

/** Seconds of noise with the rhythm of syllables: nothing in it is anybody's voice. */
function babble(seconds: number): Float32Array {
  let state = 1
  return Float32Array.from({ length: seconds * RATE }, (_, i) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state / 2 ** 31 - 1) * 0.2 * Math.max(0, Math.sin((i / RATE) * 25))
  })
}

/** Silence as a WAV of one channel. */
function wavAt(sampleRate: number, seconds: number): Buffer {
  const file = Buffer.from(asWav(new Uint8Array(seconds * sampleRate * Int16Array.BYTES_PER_ELEMENT)))
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(sampleRate * Int16Array.BYTES_PER_ELEMENT, 28)
  return file
}

function next<Name extends Parameters<EarwitnessStream['on']>[0]>(stream: EarwitnessStream, name: Name) {
  return new Promise((resolve) => {
    const off = stream.on(name, (value) => {
      off()
      resolve(value)
    })
  })
}

function untilState(stream: EarwitnessStream, wanted: ConnectionState): Promise<void> {
  return new Promise((resolve) => {
    if (stream.state === wanted) return resolve()
    const off = stream.on('state', (state) => {
      if (state !== wanted) return
      off()
      resolve()
    })
  })
}

function errorsOf(stream: EarwitnessStream): EarwitnessError[] {
  const errors: EarwitnessError[] = []
  stream.on('error', (error) => errors.push(error))
  return errors
}

function statesOf(stream: EarwitnessStream): ConnectionState[] {
  const states: ConnectionState[] = [stream.state]
  stream.on('state', (state) => states.push(state))
  return states
}

describe('a stream to a running server', () => {
  let server: RunningServer
  let url: string

  beforeAll(async () => {
    server = await serve({ port: 0, limits: { idleSeconds: 1, streams: 2 } })
    url = `http://127.0.0.1:${server.port}`
  })
  afterAll(() => server.stop())

  it('tells what the server understood', async () => {
    const stream = connect(url, { sampleRate: 8_000, label: 'desk 4' }, { WebSocket })
    expect(await next(stream, 'ready')).toMatchObject({ label: 'desk 4', audio: { sampleRate: 8_000 } })
    await stream.close()
  })

  it('brings a score for each hop of the audio', async () => {
    const stream = connect(url, { hop: 0.5 }, { WebSocket })
    const ends: number[] = []
    stream.on('score', ({ end }) => ends.push(end))
    stream.send(babble(3))
    await stream.close()
    expect(ends.slice(0, 5)).toEqual([1, 1.5, 2, 2.5, 3])
  })

  it('closes with the summary of everything that was sent', async () => {
    const stream = connect(url, {}, { WebSocket })
    stream.send(babble(2))
    const summary = await stream.close()
    expect(summary.channels[0].duration).toBe(2)
  })

  it('closes without an error', async () => {
    const stream = connect(url, {}, { WebSocket })
    const errors = errorsOf(stream)
    await stream.close()
    expect(errors).toEqual([])
  })

  it('hears the same, however the bytes were cut', async () => {
    const samples = babble(2)
    const bytes = new Uint8Array(samples.buffer)
    const stream = connect(url, { encoding: 'f32le' }, { WebSocket })
    for (let at = 0; at < bytes.length; at += 1_001) stream.send(bytes.subarray(at, at + 1_001))
    expect((await stream.close()).channels[0].duration).toBe(2)
  })

  it('brings the summary even where other events alone were asked for', async () => {
    const stream = connect(url, { events: ['alert'] }, { WebSocket })
    stream.send(babble(1))
    expect((await stream.close()).type).toBe('summary')
  })

  it('answers finalize with a summary and goes on', async () => {
    const stream = connect(url, {}, { WebSocket })
    await untilState(stream, 'open')
    stream.send(babble(1))
    expect((await stream.finalize()).channels[0].duration).toBe(1)
    stream.send(babble(1))
    expect((await stream.close()).channels[0].duration).toBe(2)
  })

  it('sends a whole WAV of more bytes a second than its parameters say', async () => {
    const stream = connect(url, {}, { WebSocket })
    for (const piece of inPieces(wavAt(48_000, 8), 20_000)) {
      stream.send(piece)
      await stream.drained()
    }
    expect((await stream.close()).channels[0].duration).toBe(8)
  })

  it('keeps the header of a WAV that it believes, where more waits than it may hold', async () => {
    const stream = connect(url, {}, { WebSocket, bufferSeconds: 8 })
    let lostSeconds = 0
    stream.on('lost', ({ seconds }) => {
      lostSeconds += seconds ?? 0
    })
    stream.send(wavAt(48_000, 8))
    const { duration } = (await stream.close()).channels[0]
    expect(duration).toBeLessThan(3)
    expect(duration + lostSeconds).toBeCloseTo(8)
  })

  it('answers each finalize by its own summary', async () => {
    const stream = connect(url, {}, { WebSocket })
    await untilState(stream, 'open')
    const answers = [2, 3].map((seconds) => {
      stream.send(babble(seconds))
      return stream.finalize()
    })
    expect((await Promise.all(answers)).map(({ channels }) => channels[0].duration)).toEqual([2, 5])
    await stream.close()
  })

  it('closes with the summary of all, though a finalize came too late or was refused', async () => {
    const stream = connect(url, {}, { WebSocket })
    await untilState(stream, 'open')
    stream.send(babble(2))
    const answers = Array.from({ length: 20 }, () => stream.finalize())
    const closed = stream.close()
    await expect(stream.finalize()).rejects.toMatchObject({ code: 'connection_lost' })
    expect((await closed).channels[0].duration).toBe(2)
    const settled = await Promise.allSettled(answers)
    expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']))
  })

  it('goes through connecting, open and closed', async () => {
    const stream = connect(url, {}, { WebSocket })
    const states = statesOf(stream)
    await stream.close()
    expect(states).toEqual(['connecting', 'open', 'closed'])
  })

  it('refuses audio after close', async () => {
    const stream = connect(url, {}, { WebSocket })
    await stream.close()
    expect(stream.send(new Float32Array(10))).toBe('refused')
  })

  it('is not closed as idle while it has nothing to send', async () => {
    const stream = connect(url, {}, { WebSocket, keepAliveMs: 200 })
    const other = connect(url, {}, { WebSocket, keepAliveMs: 60_000, reconnection: false })
    const errors = errorsOf(stream)
    await untilState(other, 'closed')
    expect([stream.state, errors]).toEqual(['open', []])
    await stream.close()
  })

  it('ends at an unknown model and does not try again', async () => {
    const stream = connect(url, { model: 'no-such-model' }, { WebSocket, reconnection: QUICKLY })
    const states = statesOf(stream)
    const errors = errorsOf(stream)
    await expect(stream.close()).rejects.toMatchObject({ code: 'unknown_model' })
    expect([states, errors]).toEqual([['connecting', 'closed'], []])
  })

  it('tells the code of a fatal error that nobody closed for', async () => {
    const stream = connect(url, { model: 'no-such-model' }, { WebSocket, reconnection: QUICKLY })
    expect(await next(stream, 'error')).toMatchObject({ name: 'EarwitnessError', code: 'unknown_model' })
    expect(stream.state).toBe('closed')
  })

  it('tells that the server is full, and gets in when there is room', async () => {
    const holders = [
      connect(url, {}, { WebSocket, keepAliveMs: 200 }),
      connect(url, {}, { WebSocket, keepAliveMs: 200 }),
    ]
    await Promise.all(holders.map((holder) => untilState(holder, 'open')))
    const stream = connect(url, {}, { WebSocket, reconnection: QUICKLY })
    expect(await next(stream, 'error')).toMatchObject({ code: 'too_many_streams' })
    await Promise.all(holders.map((holder) => holder.close()))
    await untilState(stream, 'open')
    await stream.close()
  })
})

describe('a stream whose server is killed', () => {
  let server: ServerProcess

  beforeAll(async () => {
    server = await startServerProcess()
  })
  afterAll(() => server.kill())

  it('reconnects to a new stream once the server is back', async () => {
    const stream = connect(server.url, {}, { WebSocket, reconnection: QUICKLY })
    await untilState(stream, 'open')
    const before = stream.ready?.streamId
    await server.kill()
    await untilState(stream, 'reconnecting')
    server = await startServerProcess(server.port)
    await untilState(stream, 'open')
    expect(stream.ready?.streamId).not.toBe(before)
    await stream.close()
  })

  it('sends the last seconds that waited, and tells how many were lost', async () => {
    const stream = connect(server.url, {}, { WebSocket, reconnection: QUICKLY, bufferSeconds: 2 })
    await untilState(stream, 'open')
    await server.kill()
    await untilState(stream, 'reconnecting')
    let lostSeconds = 0
    stream.on('lost', ({ seconds }) => {
      lostSeconds += seconds ?? 0
    })
    for (let second = 0; second < 5; second++) stream.send(babble(1))
    server = await startServerProcess(server.port)
    await untilState(stream, 'open')
    const summary = await stream.close()
    expect([lostSeconds, summary.channels[0].duration]).toEqual([3, 2])
  })

  it('ends where the rest of a WAV would be read by other parameters than its header says', async () => {
    const stream = connect(server.url, {}, { WebSocket, reconnection: QUICKLY })
    const file = wavAt(48_000, 8)
    await untilState(stream, 'open')
    stream.send(file.subarray(0, 192_000))
    await next(stream, 'score')
    await server.kill()
    await untilState(stream, 'reconnecting')
    server = await startServerProcess(server.port)
    await Promise.race([untilState(stream, 'closed'), next(stream, 'ready')])
    stream.send(file.subarray(192_000))
    await expect(stream.close().then(({ channels }) => channels[0].duration)).rejects.toMatchObject({
      code: 'resume_refused',
    })
  })

  it('ends where audio of such a WAV is lost while nothing is connected', async () => {
    const stream = connect(server.url, {}, { WebSocket, reconnection: QUICKLY, bufferSeconds: 3 })
    await untilState(stream, 'open')
    stream.send(wavAt(48_000, 2))
    await next(stream, 'score')
    await server.kill()
    await untilState(stream, 'reconnecting')
    const errors = errorsOf(stream)
    stream.send(new Uint8Array(400_000))
    expect([stream.state, ...errors.map(({ code }) => code)]).toEqual(['closed', 'connection_lost'])
    server = await startServerProcess(server.port)
  })

  it('gives up after the tries that it was allowed', async () => {
    const stream = connect(server.url, {}, { WebSocket, reconnection: { ...QUICKLY, attempts: 3 } })
    await untilState(stream, 'open')
    const states = statesOf(stream)
    await server.kill()
    await untilState(stream, 'closed')
    await expect(stream.close()).rejects.toMatchObject({ code: 'connection_lost' })
    expect(states).toEqual(['open', 'reconnecting', 'closed'])
  })
})

describe('a stream that outlives its connections', () => {
  it('has one summary, at its end, of all of it', async () => {
    const server = await serve({ port: 0, limits: { connectionSeconds: 1 } })
    const stream = connect(`ws://127.0.0.1:${server.port}`, {}, { WebSocket, reconnection: QUICKLY })
    const [states, durations] = [statesOf(stream), [] as number[]]
    stream.on('summary', ({ channels }) => durations.push(channels[0].duration))
    const audio = babble(3)
    for (let at = 0; at < audio.length; at += 1_600) {
      stream.send(audio.subarray(at, at + 1_600))
      await wait(100)
    }
    expect((await stream.close()).channels[0].duration).toBe(3)
    expect(durations).toEqual([3])
    expect(states.filter((state) => state === 'reconnecting').length).toBeGreaterThan(0)
    await server.stop()
  })

  it('does not ask again for what was answered after a finalize had been refused', async () => {
    const server = await serve({ port: 0, limits: { connectionSeconds: 2, finalizes: 1 } })
    const stream = connect(`ws://127.0.0.1:${server.port}`, {}, { WebSocket, reconnection: QUICKLY })
    let summaries = 0
    stream.on('summary', () => {
      summaries += 1
    })
    await untilState(stream, 'open')
    stream.send(babble(1))
    const [first, second] = [stream.finalize(), stream.finalize()]
    await expect(second).rejects.toMatchObject({ code: 'too_many_messages' })
    await first
    await stream.finalize()
    await untilState(stream, 'reconnecting')
    await untilState(stream, 'open')
    await stream.close()
    expect(summaries).toBe(3)
    await server.stop()
  })
})

describe('connect', () => {
  it('refuses a parameter out of range before it connects', () => {
    expect(() => connect('ws://localhost:1', { sampleRate: 1 }, { WebSocket })).toThrow(/sampleRate/)
  })

  it.skipIf('WebSocket' in globalThis)('says how to get a WebSocket where the platform has none', () => {
    expect(() => connect('ws://localhost:1')).toThrow(/import\('ws'\)/)
  })
})

describe('a stream to a server with keys', () => {
  const { secret, stored } = keyNamed('tester', { streams: 1 })
  let server: RunningServer
  let url: string
  beforeAll(async () => {
    server = await serve({ port: 0, access: { keys: [stored] } })
    url = `http://127.0.0.1:${server.port}`
  })
  afterAll(() => server.stop())

  it.each([
    ['without a key', {}],
    ['with what can be no key', { token: 'a key, or not' }],
  ])('ends at once %s', async (_, access) => {
    const stream = connect(url, {}, { WebSocket, ...access })
    expect(await next(stream, 'error')).toMatchObject({ code: 'unauthorized' })
    expect(stream.state).toBe('closed')
  })

  it('fetches a token before each connection, and comes in with it', async () => {
    const fetched: string[] = []
    const token = async () => {
      const init = { method: 'POST', headers: { authorization: `Bearer ${secret}` } }
      fetched.push((await (await fetch(`${url}/v1/tokens`, init)).json()).token)
      return fetched.at(-1)!
    }
    const stream = connect(url, {}, { WebSocket, token, reconnection: QUICKLY })
    await untilState(stream, 'open')
    const second = connect(url, {}, { WebSocket, token, reconnection: QUICKLY })
    expect(await next(second, 'error')).toMatchObject({ code: 'quota_exceeded' })
    stream.send(babble(1.5))
    await stream.close()
    await untilState(second, 'open')
    await second.close()
    expect(fetched.length).toBeGreaterThan(2)
    expect(new Set(fetched).size).toBe(fetched.length)
  })

  it('tries again where no token could be had', async () => {
    let asked = 0
    const token = () => {
      asked += 1
      if (asked === 1) throw new Error('the backend is away')
      return secret
    }
    const stream = connect(url, {}, { WebSocket, token, reconnection: QUICKLY })
    const errors = errorsOf(stream)
    await untilState(stream, 'open')
    await stream.close()
    expect(errors).toMatchObject([{ code: 'connection_lost', message: expect.stringMatching(/backend is away/) }])
  })
})
