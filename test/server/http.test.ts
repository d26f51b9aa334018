import { once } from 'node:events'
import { createConnection } from 'node:net'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AlertSchema, ReadySchema, ScoreSchema, SummarySchema } from '../../src/protocol/events.ts'
import { type RunningServer, serve, type TransportName } from '../../src/server/serve.ts'
import { ffmpegBytes, hasFfmpeg } from '../audio/ffmpeg-bytes.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'
import { fakeSpeech, fakeSpeechWav, firstSeconds, inPieces, realSpeechWav } from '../fixtures/recordings.ts'
import { expectSameEvents } from '../stream/same-events.ts'
import { metric, refusal as refusedStream, StreamClient } from './stream-client.ts'

const BODY_BYTES = 500_000

const DetectionSchema = v.strictObject({
  ready: ReadySchema,
  summary: SummarySchema,
  scores: v.array(ScoreSchema),
  alerts: v.array(AlertSchema),
  warnings: v.array(v.unknown()),
  errors: v.array(v.unknown()),
})

describe.each<TransportName>(['ws', 'uws'])('HTTP over %s', (transport) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await serve({ port: 0, transport, limits: { bodyBytes: BODY_BYTES } })
  })
  afterAll(() => server.stop())

  const request = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init)

  const post = (body: Uint8Array | string, query = '') =>
    request(`/v1/detect${query}`, { method: 'POST', body: body as Uint8Array<ArrayBuffer> })

  async function detect(body: Uint8Array, query = '') {
    const response = await post(body, query)
    expect(response.status).toBe(200)
    const answer = await response.json()
    const parsed = v.parse(DetectionSchema, answer)
    expect(answer, 'no field is beside the schema').toEqual(parsed)
    return parsed
  }

  async function refusal(response: Response): Promise<unknown> {
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const { message, ...rest } = (await response.json()) as { message: string }
    expect(message.length).toBeGreaterThan(10)
    return { status: response.status, message, ...rest }
  }

  const refused = (status: number, code: string, message: string) => ({
    status,
    type: 'error',
    code,
    message: expect.stringContaining(message),
    fatal: true,
  })

  describe('POST /v1/detect', () => {
    it('answers a WAV file with all its scores and a summary', async () => {
      const { ready, summary, scores } = await detect(fakeSpeechWav)
      expect(ready.audio).toEqual({ encoding: 's16le', sampleRate: 16_000, channels: 1, downmix: false })
      expect(scores.map(({ end }) => end)).toEqual(Array.from({ length: 23 }, (_, at) => 1 + at / 2))
      expect(summary.channels).toEqual([expect.objectContaining({ duration: 12, scored: 23, skipped: 0, failed: 0 })])
    })

    it('tells fake from real speech', async () => {
      const [fake, real] = [await detect(fakeSpeechWav), await detect(realSpeechWav)]
      const means = [fake, real].map(({ summary }) => summary.channels[0]!.meanFakeProbability!)
      expect(means[0]).toBeGreaterThan(0.8)
      expect(means[1]).toBeLessThan(0.2)
    })

    it('gives the scores of a stream of the same audio', async () => {
      const client = await StreamClient.open(server.port)
      for (const second of inPieces(firstSeconds(fakeSpeech, 6), 32_000)) client.send(second)
      await client.finish()
      const { scores, summary } = await detect(firstSeconds(fakeSpeech, 6), '?encoding=s16le')
      expectSameEvents([...scores, summary], [...client.of('score'), ...client.of('summary')])
    })

    it('takes raw audio if the query says of what it is made', async () => {
      const [raw, wav] = [await detect(fakeSpeech, '?encoding=s16le'), await detect(fakeSpeechWav)]
      expectSameEvents(raw.scores, wav.scores)
    })

    it('refuses packets of Opus, which a file does not tell apart', async () => {
      expect(await refusal(await post(fakeSpeechWav, '?encoding=opus'))).toEqual(
        refused(400, 'bad_parameter', 'encoding'),
      )
    })

    it('obeys the parameters of the query', async () => {
      const { ready, scores } = await detect(fakeSpeechWav, '?hop=2&halfLife=0&label=call%207')
      expect(ready).toMatchObject({ hop: 2, halfLife: 0, label: 'call 7' })
      expect(scores.map(({ end }) => end)).toEqual([1, 3, 5, 7, 9, 11, 12])
      expect(scores.map(({ fakeProbability: smoothed, windowFakeProbability: own }) => smoothed === own)).not.toContain(
        false,
      )
    })

    it('gives its whole answer whatever the filter of events', async () => {
      const [filtered, whole] = [await detect(fakeSpeechWav, '?events=alert'), await detect(fakeSpeechWav)]
      expectSameEvents([...filtered.scores, filtered.summary], [...whole.scores, whole.summary])
    })

    it.skipIf(!hasFfmpeg).each([
      ['ogg-opus', 'ogg', 'libopus', 'ogg-opus'],
      ['webm-opus', 'webm', 'libopus', 'webm-opus'],
      ['mp3', 'mp3', 'libmp3lame', 's16le'],
    ])('takes %s, told by its first bytes (skipped where ffmpeg is missing)', async (_, format, codec, encoding) => {
      const file = ffmpegBytes(['-i', '-', '-c:a', codec, '-b:a', '64k', '-f', format], fakeSpeechWav)
      const { ready, summary } = await detect(file)
      expect(ready.audio.encoding).toBe(encoding)
      expect(summary.channels).toHaveLength(1)
      expect(summary.channels[0]!.duration).toBeCloseTo(12, 0)
      expect(summary.channels[0]!.meanFakeProbability).toBeGreaterThan(0.5)
    })

    it('refuses an empty body', async () => {
      expect(await refusal(await post(''))).toEqual(refused(415, 'unsupported_audio', 'empty'))
    })

    it.skipIf(!hasFfmpeg)('refuses a body that is no audio (skipped where ffmpeg is missing)', async () => {
      const answer = await refusal(await post('this is no audio, whatever it is'))
      expect(answer).toEqual(refused(415, 'unsupported_audio', 'ffmpeg cannot decode'))
    })

    it('refuses a WAV header with nothing that can be decoded after it', async () => {
      const header = realSpeechWav.slice(0, 44)
      header[20] = 0x55
      expect(await refusal(await post(header))).toMatchObject({ status: 415, code: 'unsupported_audio' })
    })

    it('refuses a body beyond the limit, and says the limit', async () => {
      const answer = await refusal(await post(new Uint8Array(BODY_BYTES + 1)))
      expect(answer).toEqual(refused(413, 'body_too_large', String(BODY_BYTES)))
    })

    it.each([
      ['hop=soon', 'hop'],
      ['encoding=mp3', 'encoding'],
      ['channels=9&encoding=s16le', 'channels'],
      ['hop=1&hop=2', 'hop'],
    ])('refuses ?%s by the name of the parameter', async (query, name) => {
      const answer = await refusal(await post(fakeSpeechWav, `?${query}`))
      expect(answer).toEqual(refused(400, 'bad_parameter', name))
    })

    it('refuses a model that is not loaded, and says which are', async () => {
      const answer = await refusal(await post(fakeSpeechWav, '?model=nobody'))
      expect(answer).toEqual(refused(404, 'unknown_model', defaultManifest.name))
    })

    it('costs a live stream beside it none of its windows', async () => {
      const client = await StreamClient.open(server.port)
      const files = Promise.all(Array.from({ length: 4 }, () => detect(fakeSpeechWav)))
      for (const [at, second] of inPieces(fakeSpeech, 32_000).entries()) {
        client.send(second)
        await expect.poll(() => client.of('score').length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2 * at - 1)
      }
      await Promise.all([files, client.finish()])
      expect(client.of('summary')[0]!.channels[0]).toMatchObject({ scored: 23, skipped: 0, failed: 0 })
    })
  })

  it('GET /v1/models lists what is loaded, and names the default', async () => {
    const response = await request('/v1/models')
    const { name, version, licence, calibration, decision } = defaultManifest
    expect(await response.json()).toEqual({
      default: name,
      models: [
        {
          name,
          version,
          licence,
          calibration,
          decision,
          provider: 'cpu',
          frontend: 'torchaudio-mel',
          frames: 1024,
        },
      ],
    })
  })

  it.each([
    ['/healthz', 'ok\n'],
    ['/readyz', 'ready\n'],
  ])('GET %s says %j', async (path, words) => {
    const response = await request(path)
    expect([response.status, await response.text()]).toEqual([200, words])
  })

  it('GET /metrics is in the format of Prometheus', async () => {
    const response = await request('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const names = [...(await response.text()).matchAll(/^# TYPE (earwitness_\S+ \S+)$/gm)].map(([, name]) => name)
    expect(names.sort()).toEqual([
      'earwitness_alerts_total counter',
      'earwitness_audio_bytes_total counter',
      'earwitness_audio_seconds_total counter',
      'earwitness_batch_windows_total counter',
      'earwitness_batches_total counter',
      'earwitness_event_bytes_total counter',
      'earwitness_event_latency_seconds histogram',
      'earwitness_load_ratio gauge',
      'earwitness_refusals_total counter',
      'earwitness_streams gauge',
      'earwitness_streams_closed_total counter',
      'earwitness_streams_room gauge',
      'earwitness_windows_total counter',
      'earwitness_windows_waiting gauge',
      'earwitness_worker_restarts_total counter',
    ])
  })

  it('GET /metrics moves with a stream', async () => {
    const names = [
      'earwitness_audio_bytes_total',
      'earwitness_audio_seconds_total',
      'earwitness_windows_total{result="scored"}',
      'earwitness_batch_windows_total',
      'earwitness_event_bytes_total',
      'earwitness_streams_closed_total{code="1000"}',
      'earwitness_event_latency_seconds_count',
    ]
    const values = async () => Promise.all(names.map(async (name) => (await metric(server.port, name)) || 0))
    await expect.poll(() => metric(server.port, 'earwitness_streams')).toBe(0)
    const before = await values()
    const client = await StreamClient.open(server.port, { events: 'summary' })
    expect(await metric(server.port, 'earwitness_streams')).toBe(1)
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    await expect.poll(() => metric(server.port, 'earwitness_streams')).toBe(0)
    expect(client.events.map(({ type }) => type)).toEqual(['ready', 'summary'])
    expect((await values()).map((value, at) => value - before[at]!)).toEqual([
      64_000,
      2,
      3,
      3,
      client.receivedBytes,
      1,
      3,
    ])
  })

  it('GET /metrics counts refused streams and requests by their code', async () => {
    const count = async (code: string) => (await metric(server.port, `earwitness_refusals_total{code="${code}"}`)) || 0
    const before = [await count('bad_parameter'), await count('method_not_allowed')]
    await refusedStream(new StreamClient(server.port, { sampleRate: 0 }))
    await post(fakeSpeechWav, '?hop=never')
    await request('/v1/models', { method: 'PUT' })
    const after = [await count('bad_parameter'), await count('method_not_allowed')]
    expect(after).toEqual([before[0]! + 2, before[1]! + 1])
  })

  it('GET / is the page, which may load nothing from elsewhere', async () => {
    const response = await request('/')
    expect(await response.text()).toMatch(/^<!doctype html>/i)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/^default-src 'self'; script-src 'self'/),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    })
  })

  it('GET of what the page needs has the right types', async () => {
    const html = await (await request('/')).text()
    const paths = [...html.matchAll(/(?:src|href)="(\/?[\w.-]+\.(?:js|css|svg))"/g)].map(([, path]) => path!)
    expect(paths.length).toBeGreaterThan(2)
    for (const path of paths) {
      const response = await request(path.startsWith('/') ? path : `/${path}`)
      expect([path, response.status]).toEqual([path, 200])
      expect(response.headers.get('content-type')).toMatch(/^(text\/(javascript|css)|image\/svg)/)
    }
  })

  it('GET /v1/stream without an upgrade says that it is a WebSocket', async () => {
    const response = await request('/v1/stream')
    expect(response.headers.get('upgrade')).toBe('websocket')
    expect(await refusal(response)).toEqual(refused(426, 'bad_parameter', 'ws://'))
  })

  it.each(['/nothing', '/v1', '/v1/detect/', '/..%2f..%2fetc%2fpasswd', '/__proto__', '//etc/passwd'])(
    'GET %s is a 404',
    async (path) => {
      expect(await refusal(await request(path))).toEqual(refused(404, 'not_found', path))
    },
  )

  it.each([
    ['GET', '/v1/detect', 'POST'],
    ['PUT', '/v1/detect', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/healthz', 'GET'],
  ])('%s %s is a 405 that says %s', async (method, path, allowed) => {
    const response = await request(path, { method })
    expect(response.headers.get('allow')).toBe(allowed === 'GET' ? 'GET, HEAD' : allowed)
    expect(await refusal(response)).toEqual(refused(405, 'method_not_allowed', allowed))
  })

  it.each(['/', '/healthz', '/v1/models', '/nothing'])('HEAD %s is GET without its body', async (path) => {
    const [get, head] = [await request(path), await request(path, { method: 'HEAD' })]
    const body = await get.arrayBuffer()
    expect([head.status, await head.text()]).toEqual([get.status, ''])
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
    expect(head.headers.get('content-length')).toBe(String(body.byteLength))
  })
})

describe.each<TransportName>(['ws', 'uws'])('HTTP over %s beyond the number of streams and at the end', (transport) => {
  it('POST /v1/detect is answered while all streams are taken', async () => {
    const server = await serve({ port: 0, transport, limits: { streams: 1 } })
    const client = await StreamClient.open(server.port)
    const body = fakeSpeechWav as Uint8Array<ArrayBuffer>
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/detect`, { method: 'POST', body })
    expect(response.status).toBe(200)
    client.socket.terminate()
    await server.stop()
  })

  it('GET /readyz says 503 while streams end, to whom it still listens', async () => {
    const server = await serve({ port: 0, transport })
    const client = await StreamClient.open(server.port)
    const probe = createConnection(server.port, '127.0.0.1')
    await new Promise<void>((sent) => probe.write('GET /readyz HTTP/1.1\r\n', () => sent()))
    client.send(...inPieces(fakeSpeech, 100_000))
    await client.first('ready')
    const stopped = server.stop()
    probe.write('host: localhost\r\nconnection: close\r\n\r\n')
    const [answer] = await once(probe, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 503 .*\r\n\r\ndraining\n$/s)
    probe.destroy()
    await stopped
    expect((await client.closed).code).toBe(1001)
  })
})
