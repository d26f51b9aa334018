import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type RunningServer, serve, type TransportName } from '../../../src/server/serve.ts'
import { hasOpenssl, ScratchFiles } from './scratch-files.ts'

const files = new ScratchFiles()
afterAll(() => files.remove())

/** The name in the certificate that a server shows. */
async function nameShown(port: number): Promise<unknown> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return CN
}

describe.skipIf(!hasOpenssl).each<TransportName>(['ws', 'uws'])(
  'TLS over %s (skipped without openssl)',
  (transport) => {
    let server: RunningServer | undefined
    afterEach(() => server?.stop())

    it('carries streams and requests', async () => {
      const tls = files.certificate('localhost')
      server = await serve({ port: 0, transport, tls })
      const socket = new WebSocket(`wss://127.0.0.1:${server.port}/v1/stream?hop=1`, { rejectUnauthorized: false })
      const [data] = await once(socket, 'message')
      expect(JSON.parse(String(data))).toMatchObject({ type: 'ready', hop: 1 })
      socket.terminate()
    })

    it('refuses a certificate and a key that do not belong together', async () => {
      const one = files.certificate('one')
      const certificateFile = files.write('one.pem', readFileSync(one.certificateFile, 'utf8'))
      const { keyFile } = files.certificate('two')
      await expect(serve({ port: 0, transport, tls: { certificateFile, keyFile } })).rejects.toThrow(
        /key values mismatch/,
      )
    })
  },
)

describe.skipIf(!hasOpenssl)('a certificate that is replaced (skipped without openssl)', () => {
  it('is taken while the server runs, and open streams go on (ws; uws needs a restart)', async () => {
    const tls = files.certificate('before')
    const server = await serve({ port: 0, tls })
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}/v1/stream`, { rejectUnauthorized: false })
    await once(socket, 'open')
    expect(await nameShown(server.port)).toBe('before')
    files.certificate('after')
    server.reload()
    expect(await nameShown(server.port)).toBe('after')
    files.write('cert.pem', 'half a certificate')
    server.reload()
    expect(await nameShown(server.port)).toBe('after')
    socket.send('{"type":"finalize"}')
    expect(JSON.parse(String((await once(socket, 'message'))[0])).type).toBe('ready')
    await server.stop()
  })
})
