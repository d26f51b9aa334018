import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ended, MAIN } from './program.ts'

const run = promisify(execFile)
const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const bench = async (...words: string[]) =>
  JSON.parse((await run(process.execPath, [MAIN, 'bench', ...words, '--json'])).stdout)

const spread = {
  median: expect.any(Number),
  min: expect.any(Number),
  max: expect.any(Number),
  rounds: expect.any(Number),
}
const quantiles = (count: unknown) =>
  expect.objectContaining({ count, p50: expect.any(Number), p99: expect.any(Number) })

describe('earwitness bench', () => {
  it('dsp tells the cost of a frame, and how far the arrays are from those of torchaudio', async () => {
    const report = await bench('dsp', '--seconds', '0.5', '--rounds', '1')
    expect(report).toMatchObject({
      machine: { cores: expect.any(Number), node: process.version },
      melFrameMicroseconds: { earwitness: { ...spread, rounds: 1 } },
      fft2048Microseconds: spread,
      resample48To16MicrosecondsPerSecond: { earwitness: spread },
      differenceToTorchaudio: {
        mel: { worst: { signal: 'sweep-loud', max: expect.any(Number), mean: expect.any(Number) } },
        resample: { signals: { 48000: { max: expect.any(Number) } } },
      },
    })
    if ('unavailable' in report.torchaudio) expect(report.melFrameMicroseconds.torchaudio).toBeNull()
    else expect(report.melFrameMicroseconds.torchaudio).toMatchObject(spread)
  })

  it('dsp says why there is no torchaudio, and goes on without it', async () => {
    const environment = { ...process.env, PYTHON: '/nowhere/python3' }
    const words = [MAIN, 'bench', 'dsp', '--seconds', '0.5', '--rounds', '1', '--json']
    const report = JSON.parse((await run(process.execPath, words, { env: environment })).stdout)
    expect(report.torchaudio.unavailable).toContain('torchaudio')
    expect(report.melFrameMicroseconds).toMatchObject({ earwitness: spread, torchaudio: null, ratio: null })
  })

  it('decode tells the cost of a packet of each encoding', async () => {
    const { packetMicroseconds } = await bench('decode', '--packets', '20', '--rounds', '1')
    expect(packetMicroseconds).toMatchObject({ s16le: spread, opus: spread })
  })

  it('model tells the cost of windows, whole and going on from the ones before, alone and in batches', async () => {
    const report = await bench('model', '--rounds', '1', '--threads', '1')
    const costs = { 1: spread, 4: spread, 16: spread }
    expect(report).toMatchObject({
      whole: { windowMilliseconds: costs, cpuMsPerStreamSecond: costs },
      incremental: { windowMilliseconds: costs, cpuMsPerStreamSecond: costs },
      ratio: { 1: expect.any(Number), 4: expect.any(Number), 16: expect.any(Number) },
    })
  })

  it('model measures the batches that are named', async () => {
    const { whole } = await bench('model', '--rounds', '1', '--provider', 'cpu', '--batch', '2,20')
    expect(whole.windowsPerSecond).toEqual({ 2: expect.any(Number), 20: expect.any(Number) })
    expect(whole.windowMilliseconds).toEqual({ 2: spread, 20: spread })
  })

  it.each([
    ['ws', 's16le'],
    ['uws', 'opus'],
  ])('latency plays streams in real time to a server with %s and %s', async (transport, encoding) => {
    const words = ['--streams', '1,2', '--seconds', '2', '--transport', transport, '--encoding', encoding]
    const report = await bench('latency', ...words)
    expect(report).toMatchObject({ transport, encoding, residentMiBPerFurtherStream: expect.any(Number) })
    expect(report.loads).toHaveLength(2)
    for (const [index, load] of report.loads.entries()) {
      expect(load).toMatchObject({
        streams: index + 1,
        dueToEventMs: quantiles(load.serverMs.count),
        windowEndToEventMs: quantiles(load.serverMs.count),
        windowsSkipped: expect.any(Number),
        errors: [],
        cpuMsPerStreamSecond: expect.any(Number),
        residentMiB: { idle: expect.any(Number), busy: expect.any(Number), perStream: expect.any(Number) },
      })
      expect(load.windowEndToEventMs.p50).toBeGreaterThan(load.dueToEventMs.p50)
    }
  })

  describe.runIf(process.platform === 'linux')('latency', () => {
    /** Itself and its server, when both run. */
    async function started() {
      const child = spawn(process.execPath, [MAIN, 'bench', 'latency', '--streams', '1', '--seconds', '4'])
      const finish = ended(child)
      await once(createInterface({ input: child.stderr }), 'line')
      const [server] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ')
      return { child, server: Number(server), finish }
    }

    it('ends with 1 where its server dies under it, and says so', async () => {
      const { server, finish } = await started()
      process.kill(server, 'SIGKILL')
      expect(await finish).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('the server ended') })
    })

    it('leaves no server behind where a signal ends it', async () => {
      const { child, server, finish } = await started()
      child.kill('SIGTERM')
      expect(await finish).toMatchObject({ code: 143, stdout: '' })
      await expect.poll(() => existsSync(`/proc/${server}`), { timeout: 10_000 }).toBe(false)
    })
  })

  it('streams finds how many a server carries, what each costs, and where it goes', { timeout: 120_000 }, async () => {
    const words = [
      '--from',
      '4',
      '--up-to',
      '4',
      '--seconds',
      '4',
      '--transport',
      'ws',
      '--encoding',
      'opus',
      '--no-peer',
    ]
    const report = await bench('streams', ...words)
    expect(report).toMatchObject({ seconds: 4, hop: 0.5, serverCores: 'all', peer: null })
    const [run, ...others] = report.runs
    expect(others).toEqual([])
    expect(run).toMatchObject({ transport: 'ws', encoding: 'opus', ratioToPeer: {} })
    expect(run.trials[0]).toMatchObject({ streams: 4, skipped: expect.any(Number), errors: [] })
    // A machine that others use may carry fewer within 100 ms, or none; then there is little to divide up.
    if (!run.trials[0].passed) expect(run.mostStreams).toBeLessThan(4)
    else {
      expect(run.mostStreams).toBe(4)
      const parts = Object.values<number>(run.cpuMsByPart).reduce((sum, part) => sum + part, 0)
      expect(parts / run.atMost.cpuMsPerStreamSecond).toBeCloseTo(1, 1)
      expect(Object.keys(run.cpuMsByPart)).toEqual(expect.arrayContaining(['decode', 'mel', 'score', 'socket']))
    }
  })

  it('growth tells and draws what a stream costs by streams, hop and hours', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earwitness-growth-'))
    const words = ['--seconds', '1', '--hours', '0.51', '--up-to', '1', '--plots', folder]
    const report = await bench('growth', ...words)
    expect(report.byStreams).toMatchObject([{ streams: 1, errors: [] }])
    expect(report.byHop.map(({ hop }: { hop: number }) => hop)).toEqual([0.1, 0.2, 0.5, 1, 2])
    expect(report.byHours.map(({ hours }: { hours: number }) => hours)).toEqual([0.25, 0.5])
    for (const name of ['growth-hop', 'growth-hours', 'growth-latency', 'growth-streams']) {
      expect(await readFile(join(folder, `${name}.svg`), 'utf8')).toMatch(/^<svg [\s\S]*<circle [\s\S]*<\/svg>\n$/)
    }
    await rm(folder, { recursive: true })
  })

  it('growth says that it cannot draw where a file is, and measures nothing', async () => {
    const refused = await bench('growth', '--plots', MAIN).catch((error) => error)
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('a file stands where a folder'),
    })
  })

  it('streams refuses a transport that is none, with exit code 2', async () => {
    await expect(bench('streams', '--transport', 'tcp')).rejects.toMatchObject({ code: 2 })
  })

  it('refuses a hop that no stream may have, with exit code 2', async () => {
    const refused = await bench('streams', '--hop', '20').catch((error) => error)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/hop: .*<=10.*20/) })
  })

  it.each([
    ['latency', '--streams', '0'],
    ['latency', '--streams', '1.5'],
    ['dsp', '--rounds', '0.5'],
    ['decode', '--packets', '0.5'],
    ['model', '--batch', '1,1.5'],
    ['model', '--threads', '1.5'],
  ])('%s refuses %s %s, which is no count, with exit code 2', async (...words) => {
    const refused = await bench(...words).catch((error) => error)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('whole number from 1 on') })
  })
})

describe('earwitness bench in an installed package, which has no tests', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earwitness-installed-'))
    for (const name of ['dist', 'package.json']) await cp(at(name), join(folder, name), { recursive: true })
    await symlink(at('node_modules'), join(folder, 'node_modules'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it.each(['all', 'ast', 'growth', 'latency'])('%s says before it measures what it lacks', async (name) => {
    const installed = spawn(process.execPath, [join(folder, 'dist/src/cli/main.js'), 'bench', name])
    expect(await ended(installed)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^earwitness: an installed package has no recordings to play: .*checkout.*\n$/),
    })
  })
})
