import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { expect } from 'vitest'
import { type ScoreEvent, type ServerEvent, ServerEventSchema } from '../../src/protocol/events.ts'

/** The built program. */
export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/audio/${name}.wav`, import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built program to its end, with these bytes on standard input. */
export async function earwitness(words: readonly string[], input: Uint8Array = new Uint8Array(0)): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...words])
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return ended(child)
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, ...said }
}

/** Every line as an event that the schema knows. */
export function eventsOf(ndjson: string): ServerEvent[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map((line) => v.parse(ServerEventSchema, JSON.parse(line)))
}

/** What is the same wherever the audio was scored. */
export function judgedIn(events: readonly ServerEvent[]): Omit<ScoreEvent, 'latencyMs'>[] {
  return events.flatMap((event) => {
    if (event.type !== 'score') return []
    const { latencyMs: _, ...judged } = event
    return [judged]
  })
}

const close = (fakeProbability: number | null) => (fakeProbability === null ? null : expect.closeTo(fakeProbability, 5))

/** Score events as another run must give them: batches of other sizes sum in another order, so probabilities agree to five decimals. */
export function alike(judged: ReturnType<typeof judgedIn>): ReturnType<typeof judgedIn> {
  return judged.map(({ fakeProbability, windowFakeProbability, ...rest }) => ({
    ...rest,
    fakeProbability: close(fakeProbability),
    windowFakeProbability: close(windowFakeProbability),
  }))
}
