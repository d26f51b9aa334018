import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batcher } from '../../src/scoring/batcher.ts'
import type { Batch, ScoredBatch } from '../../src/scoring/inference-thread.ts'
import { WholeWindows } from '../../src/scoring/whole-windows.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'

const VALUES = 1024 * 128

/** A window that holds one number everywhere. */
const windowOf = (value: number, length = 1024) => ({
  count: length,
  oldest: 0,
  copy: (first: number, end: number, target: Float32Array, offset: number) => {
    target.fill(value, offset, offset + (end - first) * 128)
  },
})

/** A model whose fake logit is the first value of a window, and which answers only when it is told to. */
function heldModel() {
  const batches: Batch[] = []
  const releases: Array<(error?: Error) => void> = []
  const run = (batch: Batch): Promise<ScoredBatch> => {
    batches.push(batch)
    return new Promise((resolve, reject) => {
      const fakeLogits = batch.lengths.map((_, row) => new Float32Array(batch.frames)[row * VALUES]!)
      releases.push((error) => (error === undefined ? resolve({ fakeLogits, frames: batch.frames }) : reject(error)))
    })
  }
  const release = async (error?: Error) => {
    await expect.poll(() => releases.length).toBeGreaterThan(0)
    releases.shift()?.(error)
  }
  return { batches, run, release }
}

const batcherOn = (model: ReturnType<typeof heldModel>, maxBatch = 4) =>
  new Batcher(new WholeWindows(defaultManifest, maxBatch, model.run), { maxBatch, maxWaitMs: 1 })

describe('the batcher', () => {
  it('puts the windows of several channels into one batch', async () => {
    const model = heldModel()
    const batcher = batcherOn(model)
    const outcomes = [1, 2, 3].map((value) => batcher.score({}, windowOf(value)))
    await model.release()
    expect(await Promise.all(outcomes)).toEqual([1, 2, 3].map((fakeLogit) => ({ kind: 'scored', fakeLogit })))
    expect(model.batches.map((batch) => batch.lengths)).toEqual([[1024, 1024, 1024]])
  })

  it('replaces the waiting window of a channel and says so to the one before', async () => {
    const model = heldModel()
    const batcher = batcherOn(model)
    const channel = {}
    const running = batcher.score({}, windowOf(9))
    await expect.poll(() => model.batches.length).toBe(1)
    const first = batcher.score(channel, windowOf(1))
    const second = batcher.score(channel, windowOf(2))
    expect(await first).toEqual({ kind: 'superseded' })
    await model.release()
    await model.release()
    expect(await second).toEqual({ kind: 'scored', fakeLogit: 2 })
    await running
  })

  it('keeps a channel in its place when its window is replaced', async () => {
    const model = heldModel()
    const batcher = batcherOn(model, 1)
    const [busy, first, second] = [{}, {}, {}]
    const outcomes = [
      batcher.score(busy, windowOf(0)),
      batcher.score(first, windowOf(1)),
      batcher.score(second, windowOf(2)),
    ]
    outcomes.push(batcher.score(first, windowOf(3)))
    for (let batch = 0; batch < 3; batch += 1) await model.release()
    await Promise.all(outcomes)
    expect(model.batches.map((batch) => new Float32Array(batch.frames)[0])).toEqual([0, 3, 2])
  })

  it('never holds more windows than channels, however often they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 40 }), async (visits) => {
        const model = heldModel()
        const batcher = batcherOn(model, 2)
        const channels = Array.from({ length: 5 }, () => ({}))
        for (const visit of visits) {
          void batcher.score(channels[visit]!, windowOf(visit)).catch(() => {})
          expect(batcher.waiting).toBeLessThanOrEqual(new Set(visits).size)
        }
        batcher.close()
      }),
    )
  })

  it('fails all windows of a batch that fails, and goes on with the next', async () => {
    const model = heldModel()
    const batcher = batcherOn(model, 1)
    const failing = batcher.score({}, windowOf(1))
    const next = batcher.score({}, windowOf(2))
    await Promise.all([model.release(new Error('the model broke')), expect(failing).rejects.toThrow('the model broke')])
    await model.release()
    expect(await next).toEqual({ kind: 'scored', fakeLogit: 2 })
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('turns %s into an error, never into a score', async (value) => {
    const model = heldModel()
    const outcome = batcherOn(model).score({}, windowOf(value))
    const failure = expect(outcome).rejects.toMatchObject({ code: 'inference_failed' })
    await model.release()
    await failure
  })

  it('repeats the frames of a short window where the manifest says so', async () => {
    const model = heldModel()
    const manifest = { ...defaultManifest, input: { ...defaultManifest.input, padding: 'repeat' as const } }
    const batcher = new Batcher(new WholeWindows(manifest, 1, model.run), { maxBatch: 1, maxWaitMs: 1 })
    const outcome = batcher.score({}, windowOf(5, 300))
    await model.release()
    await outcome
    expect(new Float32Array(model.batches[0]!.frames).every((value) => value === 5)).toBe(true)
  })

  it('fails what waits when it is closed', async () => {
    const model = heldModel()
    const batcher = batcherOn(model)
    const outcome = batcher.score({}, windowOf(1))
    batcher.close()
    await expect(outcome).rejects.toMatchObject({ code: 'draining' })
  })
})
