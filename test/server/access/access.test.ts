import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Limits } from '../../../src/protocol/limits.ts'
import type { AccessOptions } from '../../../src/server/access/access.ts'
import { type RunningServer, serve, type TransportName } from '../../../src/server/serve.ts'
import { fakeSpeechWav } from '../../fixtures/recordings.ts'
import { metric } from '../stream-client.ts'
import { keyNamed, ScratchFiles } from './scratch-files.ts'

const alice = keyNamed('alice', { streams: 1 })
const bob = keyNamed('bob')
const files = new ScratchFiles()
afterAll(() => files.remove())

interface Asking {
  readonly headers?: Record<string, string>
  readonly protocols?: string[]
  readonly query?: string
}

/** What became of an upgrade: the refusal's status and code, or the first event and the subprotocol. */
async function outcomeOf(port: number, { headers = {}, protocols = [], query = '' }: Asking): Promise<unknown[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?encoding=s16le${query}`, protocols, { headers })
  socket.on('error', () => {})
  opened.push(socket)
  const refused = once(socket, 'unexpected-response').then(async ([, response]) => {
    const { code } = JSON.parse(Buffer.concat(await response.toArray()).toString())
    return [response.statusCode, code]
  })
  const ready = once(socket, 'message').then(([data]) => [JSON.parse(String(data)).type, socket.protocol])
  return Promise.race([refused, ready])
}

const opened: WebSocket[] = []
function leave(): void {
  for (const socket of opened.splice(0)) socket.terminate()
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

describe.each<TransportName>(['ws', 'uws'])('a server with keys over %s', (transport) => {
  let server: RunningServer
  const start = async (access: AccessOptions, limits: Partial<Limits> = {}): Promise<void> => {
    server = await serve({ port: 0, transport, access, limits })
  }
  beforeAll(() => start({ keys: [alice.stored, bob.stored], origins: ['https://app.example'] }, { tokenSeconds: 600 }))
  afterAll(() => server.stop())
  afterEach(async () => {
    leave()
    await expect.poll(() => metricWith('earwitness_streams')).toBe(0)
  })

  const metricWith = async (name: string): Promise<number> => {
    const response = await request('/metrics', { headers: bearer(bob.secret) })
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(await response.text())?.[1])
  }
  const request = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init)
  const post = (path: string, headers: Record<string, string>, body: string | Uint8Array = '') =>
    request(path, { method: 'POST', headers, body: body as string })
  const newToken = async (): Promise<string> => (await (await post('/v1/tokens', bearer(bob.secret))).json()).token

  it('lets a program in with its key in a header', async () => {
    expect(await outcomeOf(server.port, { headers: bearer(bob.secret) })).toEqual(['ready', ''])
  })

  it('lets a browser in with its key in a subprotocol, and answers with the other one', async () => {
    const protocols = [`earwitness.bearer.${bob.secret}`, 'earwitness']
    expect(await outcomeOf(server.port, { protocols })).toEqual(['ready', 'earwitness'])
  })

  it('never answers with the subprotocol that holds the key', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1/stream`, [`earwitness.bearer.${bob.secret}`])
    opened.push(socket)
    // The WebSocket standard has a client fail where it offered something and nothing was taken.
    const [error] = await once(socket, 'error')
    expect(String(error)).toMatch(/no subprotocol/)
  })

  it.each<[string, Asking]>([
    ['no key', {}],
    ['an unknown key', { headers: bearer(keyNamed('mallory').secret) }],
    ['the hash of a key', { headers: bearer(bob.stored.sha256) }],
    ['an empty key', { protocols: ['earwitness', 'earwitness.bearer.'] }],
    ['a key as a password', { headers: { authorization: `Basic ${bob.secret}` } }],
    ['a JWT, where none is known', { headers: bearer('eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.') }],
    ['a key in the address', { query: `&token=${bob.secret}` }],
  ])('refuses a stream with 401: %s', async (_, asking) => {
    expect(await outcomeOf(server.port, asking)).toEqual([401, 'unauthorized'])
  })

  it('tells a browser why, where it asks again without the upgrade', async () => {
    const response = await request('/v1/stream')
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect((await response.json()).message).not.toContain(bob.secret)
  })

  it('gives a key holder a token that opens streams', async () => {
    const response = await post('/v1/tokens', bearer(bob.secret), '{"seconds":300}')
    const { token, seconds, expires } = await response.json()
    expect([response.status, response.headers.get('cache-control'), seconds]).toEqual([200, 'no-store', 300])
    expect(Math.abs(Date.parse(expires) - Date.now() - 300_000)).toBeLessThan(10_000)
    expect(await outcomeOf(server.port, { query: `&token=${token}` })).toEqual(['ready', ''])
    expect(await outcomeOf(server.port, { protocols: ['earwitness', `earwitness.bearer.${token}`] })).toEqual([
      'ready',
      'earwitness',
    ])
  })

  it('takes a token for nothing but streams', async () => {
    const token = await newToken()
    const answers = [
      await post('/v1/tokens', bearer(token)),
      await post('/v1/detect', bearer(token), fakeSpeechWav),
      await request('/metrics', { headers: bearer(token) }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
  })

  it('refuses a token that was changed', async () => {
    const [head, claims, signature] = (await newToken()).split('.')
    const forged = Buffer.from(JSON.stringify({ sub: 'alice', exp: 9_999_999_999 })).toString('base64url')
    for (const token of [`${head}.${forged}.${signature}`, `${head}.${claims}.`, `${head}.${claims}`]) {
      expect(await outcomeOf(server.port, { query: `&token=${token}` })).toEqual([401, 'unauthorized'])
    }
  })

  it('refuses a token that has expired', async () => {
    const { token } = await (await post('/v1/tokens', bearer(bob.secret), '{"seconds":1}')).json()
    await new Promise((later) => setTimeout(later, 1_200))
    expect(await outcomeOf(server.port, { query: `&token=${token}` })).toEqual([401, 'unauthorized'])
  })

  it.each([
    ['{"seconds":601}', /seconds/],
    ['{"seconds":0}', /seconds/],
    ['{"seconds":"soon"}', /seconds/],
    ['seconds=60', /must be JSON/],
  ])('gives no token for %s', async (body, message) => {
    const response = await post('/v1/tokens', bearer(bob.secret), body)
    expect(response.status).toBe(400)
    expect((await response.json()).message).toMatch(message)
  })

  it('counts the streams of a key and of its tokens together', async () => {
    const { token } = await (await post('/v1/tokens', bearer(alice.secret))).json()
    expect(await outcomeOf(server.port, { headers: bearer(alice.secret) })).toEqual(['ready', ''])
    expect(await outcomeOf(server.port, { query: `&token=${token}` })).toEqual([429, 'quota_exceeded'])
    expect(await outcomeOf(server.port, { headers: bearer(bob.secret) })).toEqual(['ready', ''])
  })

  it('counts all who ask at the same moment', async () => {
    const asked = Array.from({ length: 8 }, () => outcomeOf(server.port, { headers: bearer(alice.secret) }))
    const outcomes = (await Promise.all(asked)).map(([what]) => what)
    expect(outcomes.sort()).toEqual([429, 429, 429, 429, 429, 429, 429, 'ready'])
  })

  it.each([
    ['/v1/detect', 'POST'],
    ['/v1/tokens', 'POST'],
    ['/metrics', 'GET'],
  ])('wants a key at %s', async (path, method) => {
    const body = method === 'POST' ? { body: fakeSpeechWav as Uint8Array<ArrayBuffer> } : {}
    expect((await request(path, { method, ...body })).status).toBe(401)
  })

  it('scores a file for a key', async () => {
    expect((await post('/v1/detect', bearer(bob.secret), fakeSpeechWav)).status).toBe(200)
  })

  it.each(['/', '/healthz', '/readyz', '/v1/models'])('wants no key at %s', async (path) => {
    expect((await request(path)).status).toBe(200)
  })

  it('refuses a page of another site with 403, key or no key', async () => {
    const headers = { ...bearer(bob.secret), origin: 'https://evil.example' }
    expect(await outcomeOf(server.port, { headers })).toEqual([403, 'not_allowed'])
    expect((await post('/v1/detect', headers, fakeSpeechWav)).status).toBe(403)
  })

  it('lets in a page of a listed site, which may read the answers', async () => {
    const headers = { ...bearer(bob.secret), origin: 'https://app.example' }
    expect(await outcomeOf(server.port, { headers })).toEqual(['ready', ''])
    const response = await request('/v1/stream', { headers })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([426, headers.origin])
    const asked = { origin: headers.origin, 'access-control-request-method': 'POST' }
    const preflight = await request('/v1/detect', { method: 'OPTIONS', headers: asked })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, headers.origin])
  })

  it('tells a page of another site nothing', async () => {
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const preflight = await request('/v1/detect', { method: 'OPTIONS', headers: asked })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe.each<TransportName>(['ws', 'uws'])('a server over %s', (transport) => {
  let server: RunningServer
  afterEach(() => {
    leave()
    return server.stop()
  })

  it('counts streams by the address that a trusted proxy names', async () => {
    const access = { trustedProxies: ['127.0.0.1'] }
    server = await serve({ port: 0, transport, access, limits: { addressStreams: 1 } })
    const from = (address: string) => outcomeOf(server.port, { headers: { 'x-forwarded-for': address } })
    expect(await from('203.0.113.1')).toEqual(['ready', ''])
    expect(await from('203.0.113.1')).toEqual([429, 'quota_exceeded'])
    expect(await from('203.0.113.2')).toEqual(['ready', ''])
  })

  it('counts streams by the address of the socket where no proxy is trusted', async () => {
    server = await serve({ port: 0, transport, limits: { addressStreams: 1 } })
    const from = (address: string) => outcomeOf(server.port, { headers: { 'x-forwarded-for': address } })
    expect(await from('203.0.113.1')).toEqual(['ready', ''])
    expect(await from('203.0.113.2')).toEqual([429, 'quota_exceeded'])
    await expect.poll(() => metric(server.port, 'earwitness_streams')).toBe(1)
  })

  it('learns of keys that come and go while it runs', async () => {
    const keyFile = files.write('keys.json', { keys: [bob.stored] })
    server = await serve({ port: 0, transport, access: { keyFile } })
    expect(await outcomeOf(server.port, { headers: bearer(bob.secret) })).toEqual(['ready', ''])
    files.write('keys.json', { keys: [alice.stored] })
    server.reload()
    expect(await outcomeOf(server.port, { headers: bearer(bob.secret) })).toEqual([401, 'unauthorized'])
    files.write('keys.json', 'half a fi')
    server.reload()
    expect(await outcomeOf(server.port, { headers: bearer(alice.secret) })).toEqual(['ready', ''])
  })

  it('gives a token for tokenSeconds where nobody says for how long and the default is beyond them', async () => {
    server = await serve({ port: 0, transport, limits: { tokenSeconds: 30 } })
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/tokens`, { method: 'POST' })
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ seconds: 30 })])
  })

  it('takes the tokens of a server with the same secret', async () => {
    const tokenSecretFile = files.write('secret', 'a secret that is longer than thirty-two bytes')
    const access = { keys: [bob.stored], tokenSecretFile }
    const other = await serve({ port: 0, transport, access })
    server = await serve({ port: 0, transport, access })
    const init = { method: 'POST', headers: bearer(bob.secret) }
    const { token } = await (await fetch(`http://127.0.0.1:${other.port}/v1/tokens`, init)).json()
    await other.stop()
    expect(await outcomeOf(server.port, { query: `&token=${token}` })).toEqual(['ready', ''])
  })
})
