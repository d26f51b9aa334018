import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, serve } from '../../src/server/serve.ts'
import { ffmpegBytes, hasFfmpeg } from '../audio/ffmpeg-bytes.ts'
import { fakeSpeech, fakeSpeechWav, firstSeconds, inPieces, realSpeechWav } from '../fixtures/recordings.ts'
import { StreamClient } from '../server/stream-client.ts'
import { alike, earwitness, ended, eventsOf, fixture, judgedIn, MAIN } from './program.ts'

const fake = fixture('fake-speech')
const hasScript = spawnSync('script', ['--version']).status === 0

let server: RunningServer
let folder: string
let streamed: ReturnType<typeof judgedIn>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-watch-'))
  server = await serve({ port: 0 })
  const client = await StreamClient.open(server.port)
  streamed = judgedIn(await client.send(...inPieces(fakeSpeech, 100_000)).finish())
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const scoresFrom = async (words: readonly string[], input?: Uint8Array) => {
  const { code, stdout, stderr } = await earwitness(['watch', '--json', ...words], input)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const events = eventsOf(stdout)
  expect([events[0]!.type, events.at(-1)!.type]).toEqual(['ready', 'summary'])
  return judgedIn(events)
}

describe('earwitness watch --json', () => {
  it("prints a file's events, one a line, with the scores that a server gives", async () => {
    expect(streamed).toHaveLength(23)
    expect(await scoresFrom([fake])).toEqual(alike(streamed))
  })

  it.each([
    ['raw audio', [], fakeSpeech],
    ['raw audio that is called so', ['--encoding', 's16le'], fakeSpeech],
    ['a WAV file', [], fakeSpeechWav],
  ])('takes %s from standard input', async (_, words, bytes) => {
    expect(await scoresFrom(['-', ...words], bytes)).toEqual(alike(streamed))
  })

  it('judges no window of music on hold', async () => {
    const judged = await scoresFrom([fixture('music-morning_coffee')])
    expect(judged.map(({ verdict }) => verdict)).toEqual(judged.map(() => 'inconclusive'))
    expect(judged.at(-1)).toMatchObject({ reason: 'not_speech', fakeProbability: null })
  })

  it('has a server score a file', async () => {
    expect(await scoresFrom([`ws://localhost:${server.port}`, fake])).toEqual(alike(streamed))
  })

  it('has a server score standard input, whatever the order of the words', async () => {
    expect(await scoresFrom(['-', `http://localhost:${server.port}`], fakeSpeech)).toEqual(alike(streamed))
  })

  it('shows only the kinds of event that were asked for', async () => {
    const { stdout } = await earwitness(['watch', '--json', fake, '--events', 'summary'])
    expect(eventsOf(stdout).map(({ type }) => type)).toEqual(['ready', 'summary'])
  })

  it.each(['here', 'on a server'])(
    'says %s what the quarter seconds of a window speak for with --evidence',
    async (where) => {
      const address = where === 'here' ? [] : [`ws://localhost:${server.port}`]
      const scores = await scoresFrom([...address, fake, '--evidence'])
      expect(scores.map(({ evidence: _, ...score }) => score)).toEqual(alike(streamed))
      const { evidence, windowFakeProbability } = scores.at(-1)!
      const logit = evidence!.fakeEvidence.reduce((sum, value) => sum + value, 0)
      expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(windowFakeProbability!, 2)
    },
  )

  it('ends with 1 where a server refuses, and says why', async () => {
    const words = ['watch', '--json', `ws://localhost:${server.port}`, fake, '--model', 'nobody']
    const { code, stderr } = await earwitness(words)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^earwitness: unknown_model: model: "nobody" is not loaded; loaded are /)
  })

  it('ends where no server is there, though its pipe is quiet', async () => {
    const child = spawn(process.execPath, [MAIN, 'watch', 'ws://localhost:1', '-'])
    child.stdin.write(firstSeconds(fakeSpeech, 2))
    const { code, stderr } = await ended(child)
    expect([code, stderr]).toEqual([1, expect.stringContaining('localhost:1 cannot be reached')])
  })

  it('keeps to the pace of the clock with --realtime', async () => {
    const started = performance.now()
    await scoresFrom(['-', '--realtime'], firstSeconds(fakeSpeech, 2))
    expect(performance.now() - started).toBeGreaterThan(1_900)
  })
})

describe.skipIf(!hasFfmpeg)('earwitness watch --json (skipped where ffmpeg is missing)', () => {
  it('takes what ffmpeg pipes into it', async () => {
    const raw = ['-i', fake, '-f', 's16le', '-ar', '16000', '-ac', '1']
    const ffmpeg = spawn('ffmpeg', ['-v', 'error', ...raw, '-'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const child = spawn(process.execPath, [MAIN, 'watch', '--json', '-'], { stdio: ['pipe', 'pipe', 'pipe'] })
    ffmpeg.stdout.pipe(child.stdin)
    const { code, stdout } = await ended(child)
    expect(code).toBe(0)
    expect(judgedIn(eventsOf(stdout))).toEqual(alike(streamed))
  })

  it.each(['file', 'stream'])('takes an MP3 from a %s', async (way) => {
    const mp3 = ffmpegBytes(['-i', fake, '-b:a', '128k', '-f', 'mp3'])
    const path = join(folder, 'call.mp3')
    await writeFile(path, mp3)
    const scores = await (way === 'file' ? scoresFrom([path]) : scoresFrom(['-'], mp3))
    expect(scores.length).toBeGreaterThanOrEqual(23)
    expect(scores.at(-1)!.fakeProbability).toBeGreaterThan(0.5)
  })

  it('ends with 1 for a file that is no audio: the event on standard output, the words on standard error', async () => {
    const path = join(folder, 'notes.txt')
    await writeFile(path, 'buy milk')
    const { code, stdout, stderr } = await earwitness(['watch', '--json', path])
    expect(code).toBe(1)
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: 'error', code: 'unsupported_audio', fatal: true })
    expect(stderr).toMatch(/^earwitness: unsupported_audio: ffmpeg cannot decode this: .*notes\.txt/)
  })
})

describe('earwitness watch', () => {
  it('prints a line for each score and a summary where nobody watches a terminal', async () => {
    const { code, stdout, stderr } = await earwitness(['watch', fake])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^listening with .* on cpu, a score every 0\.5 s$/)
    expect(lines.filter((line) => /^ +0:\d\d\.\d {2}ch 0 {2}fake /.test(line))).toHaveLength(23)
    expect(lines.at(-1)).toMatch(/^ch 0: likely fake \(12\.0 s, .* of speech, mean fake probability 0\.\d\d/)
  })

  it('ends quietly when its reader has read enough', async () => {
    const child = spawn(process.execPath, [MAIN, 'watch', '-'])
    const ending = once(child, 'close')
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    child.stdout.once('data', () => child.stdout.destroy())
    await pipeline(endlessly, child.stdin).catch(() => {})
    expect(await ending).toEqual([0, null])
    expect(said).toBe('')
  })

  it('says that no audio came where none did', async () => {
    expect(await earwitness(['watch', '-'])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/no audio came\n$/),
      stderr: '',
    })
  })
})

/** Speech without end, as fast as it is taken. */
function* endlessly(): Generator<Uint8Array> {
  for (;;) yield firstSeconds(fakeSpeech, 1)
}

describe.skipIf(!hasScript)('earwitness watch on a terminal (skipped where `script` is missing)', () => {
  it('redraws one line with a sparkline, and ends with the summary', async () => {
    const command = `'${process.execPath}' '${MAIN}' watch '${fake}'`
    const { stdout } = await ended(spawn('script', ['-qec', `stty cols 120; ${command}`, '/dev/null']))
    expect(stdout).toContain('\u001b[1A\u001b[J')
    const lines = stripVTControlCharacters(stdout).trimEnd().split(/\r*\n/)
    expect(lines.at(-2)).toMatch(/^ +0:12\.0 {2}ch 0 {2}[▁▂▃▄▅▆▇█· ]{30} {2}fake 0\.\d\d {2}likely fake$/)
    expect(lines.at(-1)).toMatch(/^ch 0: likely fake \(12\.0 s/)
  })
})

it('earwitness watch tells real speech from fake', async () => {
  const { stdout } = await earwitness(['watch', '-'], realSpeechWav)
  expect(stdout).toMatch(/\nch 0: likely real \(/)
})
