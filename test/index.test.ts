import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a module that imports the built package by its name; what it prints, as JSON. */
async function printed(module: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', module], {
    cwd: root,
  })
  return JSON.parse(stdout)
}

const namesIn = (name: string) => printed(`console.log(JSON.stringify(Object.keys(await import('${name}')).sort()))`)

describe('the built package', () => {
  it('gives what a program needs that runs a server', async () => {
    expect(await namesIn('earwitness')).toEqual([
      'AlertSchema',
      'ChannelSummarySchema',
      'DEFAULT_LIMITS',
      'ENCODINGS',
      'ERROR_CODES',
      'EVENT_TYPES',
      'EarwitnessError',
      'ErrorSchema',
      'INCONCLUSIVE_REASONS',
      'ReadySchema',
      'ScoreSchema',
      'ServerEventSchema',
      'StreamParametersSchema',
      'SummarySchema',
      'VERDICTS',
      'WARNING_CODES',
      'WarningSchema',
      'parseClientMessage',
      'parseStreamParameters',
      'parseStreamQuery',
      'serve',
    ])
  })

  it('gives a client', async () => {
    expect(await namesIn('earwitness/client')).toEqual(['ERROR_CODES', 'EarwitnessError', 'connect'])
  })

  it('runs a server and a client in one program, which then ends by itself', async () => {
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
})
