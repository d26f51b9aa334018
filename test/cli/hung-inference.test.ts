import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writeHangingModel } from '../fixtures/hanging-model.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { metric, StreamClient } from '../server/stream-client.ts'
import { MAIN } from './program.ts'

const SCORING_SECONDS = 1

describe('a server whose model does not come back from loud windows', () => {
  let folder: string
  const children: ChildProcess[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earwitness-hanging-'))
    await writeHangingModel(folder)
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function start(): Promise<{ child: ChildProcess; port: number; log: string[] }> {
    const limits = ['--limit', `scoringSeconds=${SCORING_SECONDS}`, '--limit', 'drainSeconds=2']
    const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--model', folder, ...limits])
    children.push(child)
    const log: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const port = Number(/localhost:(\d+)/.exec(line)?.[1])
    // What hangs meanwhile would count as what a stream costs.
    await expect.poll(() => metric(port, 'earwitness_streams_room'), { timeout: 10_000 }).toBeGreaterThan(0)
    return { child, port, log }
  }

  const quiet = firstSeconds(fakeSpeech, 1.5)
  /** One window, eight times as loud as the recording, where s16le has room for it. */
  const loud = Buffer.from(firstSeconds(fakeSpeech, 1.2))
  for (let at = 0; at < loud.length; at += 2) {
    loud.writeInt16LE(Math.max(-32768, Math.min(32767, loud.readInt16LE(at) * 8)), at)
  }

  async function hangs(port: number): Promise<void> {
    const client = await StreamClient.open(port)
    expect(await client.send(loud).first('error')).toMatchObject({ code: 'inference_timeout', fatal: false })
    client.socket.terminate()
  }

  async function scores(port: number): Promise<void> {
    const client = await StreamClient.open(port)
    await client.send(quiet).finish()
    expect(client.of('score').length).toBeGreaterThan(0)
  }

  it('says so of those, scores others with a new worker, and still ends when it is told to', async () => {
    const { child, port } = await start()
    await scores(port)
    await hangs(port)
    await scores(port)
    expect(await metric(port, 'earwitness_worker_restarts_total')).toBe(1)
    child.kill('SIGTERM')
    // Not 0, which would take the end of the thread; supervisors count SIGTERM as a good end.
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
  })

  it('ends by itself before hung inferences take all cores and memory, and says why', async () => {
    const { child, port, log } = await start()
    const exited = once(child, 'exit')
    for (let time = 0; time < 3; time += 1) {
      await hangs(port)
      if (time < 2) await scores(port)
    }
    expect(await exited).toEqual([null, 'SIGKILL'])
    expect(log.at(-1)).toMatch(/3 inferences hang/)
  })
})
