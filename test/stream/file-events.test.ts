import { from, lastValueFrom, take, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LocalScorer } from '../../src/scoring/local-scorer.ts'
import { fileEvents } from '../../src/stream/file-events.ts'
import { streamEvents } from '../../src/stream/stream-events.ts'
import { fakeSpeech, firstSeconds, inPieces } from '../fixtures/recordings.ts'
import { heldScorer } from './held-model.ts'
import { contextOf, openDefaultModel } from './test-model.ts'

let scorer: LocalScorer
beforeAll(async () => {
  scorer = await openDefaultModel()
})
afterAll(() => scorer.close())

/** Pieces of a second each; keeps count of how many were read, and if the reading ended. */
function readable(bytes: Uint8Array) {
  const reading = { pieces: 0, ended: false }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of inPieces(bytes, 32_000)) {
        reading.pieces += 1
        yield piece
      }
    } finally {
      reading.ended = true
    }
  }
  return { reading, chunks: chunks() }
}

describe('the events of a file', () => {
  it('are those of the same audio in one message', async () => {
    const bytes = firstSeconds(fakeSpeech, 4)
    const context = contextOf(scorer)
    const ofFile = await lastValueFrom(fileEvents(readable(bytes).chunks, context).pipe(toArray()))
    const inputs = [{ kind: 'audio', bytes, arrivedMs: 0 } as const]
    expect(ofFile).toEqual(await lastValueFrom(streamEvents(from(inputs), context).pipe(toArray())))
  })

  it('are made only as fast as windows are scored: no piece is read while one waits for its score', async () => {
    const model = heldScorer()
    const { reading, chunks } = readable(firstSeconds(fakeSpeech, 8))
    const subscription = fileEvents(chunks, contextOf(model.scorer)).subscribe()
    await expect.poll(() => model.running.length).toBe(1)
    expect(reading.pieces).toBe(2)
    subscription.unsubscribe()
  })

  it('end the reading when their subscriber leaves', async () => {
    const { reading, chunks } = readable(fakeSpeech)
    await lastValueFrom(fileEvents(chunks, contextOf(scorer)).pipe(take(2)))
    await expect.poll(() => reading.ended).toBe(true)
    expect(reading.pieces).toBeLessThan(5)
  })
})
