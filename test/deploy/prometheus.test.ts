import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, serve } from '../../src/server/serve.ts'
import { freePort } from '../fixtures/free-port.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { StreamClient } from '../server/stream-client.ts'

const folder = fileURLToPath(new URL('../../deploy/prometheus', import.meta.url))
const dashboard = readFileSync(new URL('../../deploy/grafana/earwitness.json', import.meta.url), 'utf8')
const alerts = readFileSync(join(folder, 'alerts.yml'), 'utf8')
const hasPrometheus = ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0)

let server: RunningServer
let metrics: string
beforeAll(async () => {
  server = await serve({ port: 0 })
  const client = await StreamClient.open(server.port)
  await client.send(firstSeconds(fakeSpeech, 2)).finish()
  await fetch(`http://127.0.0.1:${server.port}/nothing`)
  metrics = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text()
})
afterAll(() => server.stop())

describe('what watches a server', () => {
  it.each([
    ['dashboard', dashboard],
    ['alert rules', alerts],
  ])('is told by the %s of metrics that exist', (_, text) => {
    const used = new Set(text.match(/\b(?:earwitness|nodejs|process)_[a-z0-9_]+/g))
    expect(used.size).toBeGreaterThan(4)
    for (const name of used) expect(metrics).toMatch(new RegExp(`^${name}[{ ]`, 'm'))
  })
})

describe.skipIf(!hasPrometheus)(
  'Prometheus itself (skipped where `prometheus` and `promtool` are not installed)',
  () => {
    let scratch: string
    let child: ChildProcess | undefined
    beforeAll(() => {
      scratch = mkdtempSync(join(tmpdir(), 'earwitness-prometheus-'))
      cpSync(folder, scratch, { recursive: true })
    })
    afterAll(async () => {
      if (child?.exitCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      rmSync(scratch, { recursive: true, force: true })
    })

    it('finds nothing wrong with the rules, their tests, the configuration and the names of the metrics', () => {
      const promtool = (words: string[], input = '') =>
        execFileSync('promtool', words, { cwd: scratch, input, stdio: 'pipe' })
      expect(String(promtool(['check', 'rules', 'alerts.yml']))).toMatch(/SUCCESS: \d+ rules found/)
      expect(String(promtool(['test', 'rules', 'alerts.test.yml']))).toMatch(/SUCCESS/)
      promtool(['check', 'config', 'prometheus.yml'])
      const ours = metrics.split('\n').filter((line) => line.includes('earwitness_'))
      promtool(['check', 'metrics'], `${ours.join('\n')}\n`)
    })

    it('scrapes the server and evaluates the rules', async () => {
      const config = readFileSync(join(scratch, 'prometheus.yml'), 'utf8')
      const path = join(scratch, 'here.yml')
      writeFileSync(path, config.replace('localhost:8080', `127.0.0.1:${server.port}`).replace('15s', '1s'))
      const port = await freePort()
      const words = [`--config.file=${path}`, `--storage.tsdb.path=${join(scratch, 'data')}`]
      child = spawn('prometheus', [...words, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
      const ask = async (query: string) => {
        const response = await fetch(`http://127.0.0.1:${port}/api/v1/${query}`)
        return (await response.json()).data
      }
      const value = async (query: string) => {
        try {
          return Number((await ask(`query?query=${encodeURIComponent(query)}`)).result[0]?.value[1])
        } catch {
          return Number.NaN
        }
      }
      await expect.poll(() => value('earwitness_windows_total{result="scored"}'), { timeout: 25_000 }).toBe(3)
      const { groups } = await ask('rules')
      expect(groups[0].rules.map(({ health }: { health: string }) => health)).not.toContain('err')
    })
  },
)
