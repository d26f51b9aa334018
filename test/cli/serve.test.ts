import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts'
import { defaultManifest, defaultModelFolder } from '../fixtures/default-manifest.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { StreamClient } from '../server/stream-client.ts'
import { earwitness, ended, MAIN } from './program.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Starts the program, and waits for the line with its address. */
async function start(...words: string[]): Promise<{ child: ChildProcess; port: number; line: string }> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...words])
  children.push(child)
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return { child, port: Number(/localhost:(\d+)/.exec(line)?.[1]), line }
}

describe.runIf(process.platform === 'linux')('earwitness serve with a provider that this machine lacks', () => {
  it('refuses WebGPU without a driver, falls back to nothing, and says what to do', async () => {
    const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--provider', 'webgpu'], {
      env: { ...process.env, VK_ICD_FILENAMES: '/nowhere.json' },
    })
    const { code, stdout, stderr } = await ended(child)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/no provider runs it: webgpu: .*WebGPU adapter.*docs\/models\.md.*--provider cpu/s)
  })
})

describe('earwitness serve with a model that is broken', () => {
  const edited =
    (file: string, change: (bytes: Buffer) => Buffer | string) =>
    async (folder: string): Promise<void> => {
      const path = join(folder, file)
      await writeFile(path, change(await readFile(path)))
    }
  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)
  const withNaN = (bytes: Buffer) => {
    bytes.writeFloatLE(Number.NaN, bytes.length - 4)
    return bytes
  }
  const manifestWith = (change: object) =>
    edited('model.json', (bytes) => JSON.stringify({ ...JSON.parse(bytes.toString()), ...change }))
  const { golden } = defaultManifest

  it.each<[string, (folder: string) => Promise<void>, RegExp]>([
    ['a file cut short', edited('model.fp32.onnx', cut), /broken.model\.fp32\.onnx: sha256 is .*model\.json says/],
    [
      'an unknown front end',
      manifestWith({ frontend: { kind: 'guess' } }),
      /broken.model\.json: frontend\.kind: .*"kaldi-fbank".*"guess"/,
    ],
    ['NaN in its golden window', edited('golden.npy', withNaN), /broken.golden\.npy: holds NaN at index \d+/],
    ['half of its golden window', edited('golden.npy', cut), /broken.golden\.npy: holds \d+ of the \d+ numbers/],
    ['no golden window', edited('golden.npy', () => 'nothing'), /broken.golden\.npy: is no \.npy/],
    [
      'a golden logit that is no number',
      manifestWith({ golden: { ...golden, fakeLogit: Number.NaN } }),
      /broken.model\.json: golden\.fakeLogit: /,
    ],
    [
      'a golden logit that it misses',
      manifestWith({ golden: { ...golden, fakeLogit: 99 } }),
      /cpu: the golden window's fake logit is \S+, not 99 ± 0\.001/,
    ],
  ])('ends with 1 before it listens: %s', async (_, spoil, message) => {
    const scratch = await mkdtemp(join(tmpdir(), 'earwitness-serve-'))
    const folder = join(scratch, 'broken')
    await cp(defaultModelFolder, folder, { recursive: true })
    await spoil(folder)
    const words = ['serve', '--port', '0', '--provider', 'cpu', '--model', 'default', folder]
    const { code, stdout, stderr } = await earwitness(words)
    await rm(scratch, { recursive: true })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/model ready|\n {4}at /)
  })
})

describe.each(['ws', 'uws'])('earwitness serve --transport %s', (transport) => {
  it('prints its address and keeps its log to standard error', async () => {
    const { child, port, line } = await start('--transport', transport)
    expect(line).toMatch(/^earwitness listens on http:\/\/localhost:\d+ \(ready in \d+ ms; Ctrl-C stops it\)$/)
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    const log = ended(child)
    child.kill('SIGTERM')
    const { code, stderr } = await log
    expect(code).toBe(0)
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((entry) => JSON.parse(entry).msg)
        .filter((words) => words !== 'cost of a stream measured'),
    ).toEqual(['model ready', 'stopping'])
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('sends open streams their summary on %s, and ends with 0', async (signal) => {
    const { child, port } = await start('--transport', transport, '--log-level', 'silent')
    const client = await StreamClient.open(port)
    client.send(firstSeconds(fakeSpeech, 2))
    await client.first('score')
    const exit = once(child, 'exit')
    child.kill(signal)
    expect(await client.closed).toEqual({ code: 1001, reason: 'draining' })
    expect(client.of('summary')[0]!.channels[0]).toMatchObject({ duration: 2, scored: 3 })
    expect(await exit).toEqual([0, null])
  })

  it('ends with 1 where its port is in use, and says what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const { code, stdout, stderr } = await earwitness(['serve', '--transport', transport, '--port', String(port)])
    other.close()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      `earwitness: port ${port} is in use; stop what listens there, or choose another with --port (0 takes a free one)\n`,
    )
  })

  it('shows its limits, those that were changed beside their default', async () => {
    const { code, stdout } = await earwitness(['serve', '--print-limits', '--limit', 'streams=7'])
    expect(code).toBe(0)
    const lines = stdout.replaceAll(/ {2,}/g, '  ').trimEnd().split('\n')
    expect(lines).toContain('streams  7 streams (default 256)  HTTP 503 too_many_streams')
    expect(lines.map((line) => line.split(' ')[0])).toEqual(Object.keys(DEFAULT_LIMITS))
  })

  it('takes limits from --limit', async () => {
    const { port } = await start('--transport', transport, '--limit', 'streams=1', '--limit', 'idleSeconds=7')
    const client = await StreamClient.open(port, { hop: 1 })
    expect((await client.first('ready')).limits).toMatchObject({ streams: 1, idleSeconds: 7, channels: 8 })
  })
})
