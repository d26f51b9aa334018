import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BatchBounds } from '../../src/scoring/batch-pace.ts'
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
  const batches: { lengths: readonly number[]; fakeLogits: readonly number[]; frames: Float32Array }[] = []
  const releases: Array<(error?: Error) => void> = []
  const run = (batch: Batch): Promise<ScoredBatch> => {
    // The memory is used again for the next batch.
    const frames = new Float32Array(batch.frames).slice()
    const fakeLogits = batch.lengths.map((_, row) => frames[row * VALUES]!)
    batches.push({ lengths: batch.lengths, fakeLogits, frames })
    return new Promise((resolve, reject) => {
      releases.push((error) => (error === undefined ? resolve({ fakeLogits, frames: batch.frames }) : reject(error)))
    })
  }
  const release = async (error?: Error) => {
    await expect.poll(() => releases.length).toBeGreaterThan(0)
    releases.shift()?.(error)
  }
  return { batches, run, release }
}

const BOUNDS = { maxBatch: 4, maxWaitMs: 50, maxBatchMs: Number.POSITIVE_INFINITY }

const batcherOn = (model: ReturnType<typeof heldModel>, bounds: Partial<BatchBounds> = {}) =>
  new Batcher(new WholeWindows(defaultManifest, model.run), { ...BOUNDS, ...bounds })

/** A batcher that has seen one window go through, and so puts several together. */
async function warmBatcherOn(model: ReturnType<typeof heldModel>, bounds: Partial<BatchBounds> = {}) {
  const batcher = batcherOn(model, bounds)
  const first = batcher.score({}, windowOf(0))
  await model.release()
  await first
  model.batches.length = 0
  return batcher
}

const sizesOf = (model: ReturnType<typeof heldModel>) => model.batches.map(({ lengths }) => lengths.length)

describe('the batcher', () => {
  it('puts the windows of several channels into one batch', async () => {
    const model = heldModel()
    const batcher = await warmBatcherOn(model)
    const outcomes = [1, 2, 3].map((value) => batcher.score({}, windowOf(value)))
    await model.release()
    expect(await Promise.all(outcomes)).toEqual([1, 2, 3].map((fakeLogit) => ({ kind: 'scored', fakeLogit })))
    expect(model.batches.map((batch) => batch.lengths)).toEqual([[1024, 1024, 1024]])
  })

  it('sends the first window alone, since nothing is known of the model yet', async () => {
    const model = heldModel()
    const batcher = batcherOn(model)
    const outcomes = [1, 2, 3].map((value) => batcher.score({}, windowOf(value)))
    await model.release()
    await model.release()
    await Promise.all(outcomes)
    expect(sizesOf(model)).toEqual([1, 2])
  })

  it('sends one by one what takes longer together than a batch may', async () => {
    const model = heldModel()
    const batcher = await warmBatcherOn(model, { maxBatchMs: 0 })
    const outcomes = [1, 2, 3].map((value) => batcher.score({}, windowOf(value)))
    for (let batch = 0; batch < 3; batch += 1) await model.release()
    await Promise.all(outcomes)
    expect(sizesOf(model)).toEqual([1, 1, 1])
  })

  it('lets a window wait for one that comes later, where windows come often', async () => {
    const model = heldModel()
    const batcher = await warmBatcherOn(model, { maxWaitMs: 2_000 })
    const first = batcher.score({}, windowOf(1))
    await wait(20)
    expect(model.batches).toEqual([])
    const second = batcher.score({}, windowOf(2), { atOnce: true })
    await model.release()
    await Promise.all([first, second])
    expect(sizesOf(model)).toEqual([2])
  })

  it('lets none wait that is wanted at once', async () => {
    const model = heldModel()
    const batcher = await warmBatcherOn(model, { maxWaitMs: 1e9 })
    const outcome = batcher.score({}, windowOf(1), { atOnce: true })
    await model.release()
    expect(await outcome).toEqual({ kind: 'scored', fakeLogit: 1 })
  })

  it('passes over a window whose frames were gone before the model was free', async () => {
    const model = heldModel()
    const batcher = batcherOn(model)
    const running = batcher.score({}, windowOf(1))
    const source = { ...windowOf(2), oldest: 0 }
    const outcome = batcher.score({}, source)
    source.oldest = 1
    await model.release()
    expect(await outcome).toEqual({ kind: 'superseded' })
    await running
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
    const batcher = batcherOn(model, { maxBatch: 1 })
    const [busy, first, second] = [{}, {}, {}]
    const outcomes = [
      batcher.score(busy, windowOf(0)),
      batcher.score(first, windowOf(1)),
      batcher.score(second, windowOf(2)),
    ]
    outcomes.push(batcher.score(first, windowOf(3)))
    for (let batch = 0; batch < 3; batch += 1) await model.release()
    await Promise.all(outcomes)
    expect(model.batches.map(({ fakeLogits }) => fakeLogits)).toEqual([[0], [3], [2]])
  })

  it('never holds more windows than channels, however often they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 40 }), async (visits) => {
        const model = heldModel()
        const batcher = batcherOn(model, { maxBatch: 2 })
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
    const batcher = batcherOn(model, { maxBatch: 1 })
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
    const batcher = new Batcher(new WholeWindows(manifest, model.run), BOUNDS)
    const outcome = batcher.score({}, windowOf(5, 300))
    await model.release()
    await outcome
    expect(model.batches[0]!.frames.every((value) => value === 5)).toBe(true)
  })

  it('fails what waits when it is closed', async () => {
    const model = heldModel()
    const batcher = await warmBatcherOn(model)
    const outcome = batcher.score({}, windowOf(1))
    batcher.close()
    await expect(outcome).rejects.toMatchObject({ code: 'draining' })
  })
})
