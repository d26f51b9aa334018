import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a module that imports the built package by its name; what it prints, as JSON. */
async function printed(module: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', module], {
    cwd: root,
  })
  return JSON.parse(stdout)
}

it('the built package runs a server and a client in one program, which then ends by itself', async () => {
  const summary = await printed(`
    import { serve } from 'earwitness'
    import { connect } from 'earwitness/client'
    import { WebSocket } from 'ws'
    const server = await serve({ port: 0, limits: { streams: 1 } })
    const stream = connect('ws://localhost:' + server.port, { sampleRate: 16_000 }, { WebSocket })
    stream.send(new Uint8Array(64_000))
    console.log(JSON.stringify(await stream.close()))
    await server.stop()
  `)
  expect(summary).toMatchObject({ type: 'summary', channels: [{ duration: 2, verdict: 'inconclusive' }] })
})
