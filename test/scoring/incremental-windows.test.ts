import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FrameRing } from '../../src/dsp/frame-ring.ts'
import type { Step } from '../../src/scoring/incremental-inference.ts'
import { IncrementalWindows } from '../../src/scoring/incremental-windows.ts'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { WindowOutcome } from '../../src/scoring/scorer.ts'
import { defaultManifest, defaultModelFolder } from '../fixtures/default-manifest.ts'
import { sourceOf } from '../fixtures/window-source.ts'
import { noise } from '../stream/sounds.ts'

const TOLERANCE = 1e-4
const LEAST = defaultManifest.input.leastFrames

let incremental: LocalScorer
let whole: LocalScorer
beforeAll(async () => {
  // However slow the machine is, four windows make a full batch.
  const bounds = { maxBatch: 4, maxWaitMs: 1, maxBatchMs: Number.POSITIVE_INFINITY }
  const options = { provider: 'cpu', scoringSeconds: 60, threads: 1, ...bounds } as const
  incremental = await LocalScorer.open(defaultModelFolder, options)
  whole = await LocalScorer.open(defaultModelFolder, { ...options, wholeWindows: true })
})
afterAll(() => Promise.all([incremental.close(), whole.close()]))

const frames = noise(3, 20, 3).map((value) => value - 2)

/** A channel whose frames are noise of the model's range, other frames than any other channel's. */
class Channel {
  readonly ring = new FrameRing(1024 + 256, 128)
  readonly #from: number

  constructor(number: number) {
    this.#from = number * 97
  }

  push(count: number): void {
    for (let frame = 0; frame < count; frame += 1) {
      const at = ((this.#from + this.ring.count) % 2000) * 128
      this.ring.push(frames.subarray(at, at + 128))
    }
  }
}

const logitOf = (outcome: WindowOutcome) => (outcome.kind === 'scored' ? outcome.fakeLogit : Number.NaN)

/** Scores a channel's newest window both ways; the whole graph sees that window alone. */
async function expectSameLogit(channel: Channel): Promise<void> {
  const [inHops, alone] = [incremental.score(channel, channel.ring), whole.score({}, channel.ring)]
  const difference = Math.abs(logitOf(await inHops) - logitOf(await alone))
  expect(difference).toBeLessThanOrEqual(TOLERANCE)
}

describe('windows that go on from the ones before', () => {
  it('have the logit of the whole graph on that window alone, in any batches, after any hops and skipped windows', async () => {
    const visit = fc.record({ channel: fc.nat(5), frames: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.nat(250)) })
    // Windows of one array come while the model is busy: the last of each channel replaces those before.
    const visits = fc.array(fc.array(visit, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(visits, async (rounds) => {
        const channels = Array.from({ length: 6 }, (_, number) => new Channel(number))
        for (const round of rounds) {
          const newest = new Map<Channel, Promise<void>>()
          for (const { channel: number, frames } of round) {
            const channel = channels[number]!
            channel.push(frames)
            if (channel.ring.count < LEAST) continue
            newest.get(channel)?.catch(() => {})
            newest.set(channel, expectSameLogit(channel))
          }
          await Promise.all(newest.values())
        }
      }),
      { numRuns: 15 },
    )
  })

  it('have it when a channel comes back after a silence longer than a window', async () => {
    const channel = new Channel(1)
    channel.push(400)
    await expectSameLogit(channel)
    channel.push(2_500)
    await expectSameLogit(channel)
  })

  it('have it after a worker died in between, and only what it held fails', async () => {
    const [other, ...held] = Array.from({ length: 5 }, (_, number) => new Channel(number))
    for (const channel of [other!, ...held]) {
      channel.push(600)
      await expectSameLogit(channel)
      channel.push(50)
    }
    // What is no request at all makes the thread throw; a full batch is sent at once, and so before it is seen to be gone.
    incremental.thread.worker?.postMessage(undefined)
    const outcomes = await Promise.allSettled(held.map((channel) => incremental.score(channel, channel.ring)))
    expect(outcomes.map(({ status }) => status)).toEqual(held.map(() => 'rejected'))
    for (const channel of [other!, ...held]) {
      channel.push(51)
      await expectSameLogit(channel)
    }
    expect(incremental.thread.restarts).toBe(1)
  })

  it('are passed over where their frames were gone before the model was free', async () => {
    const channel = new Channel(1)
    channel.push(1_100)
    const outcome = incremental.score(channel, channel.ring)
    channel.push(1_000)
    expect(await outcome).toEqual({ kind: 'superseded' })
    await expectSameLogit(channel)
  })

  it('are judged by the frames that were there when they came, not by those that came while they waited', async () => {
    const channel = new Channel(1)
    channel.push(1_100)
    const [inHops, alone] = [incremental.score(channel, channel.ring), whole.score({}, channel.ring)]
    channel.push(150)
    expect(Math.abs(logitOf(await inHops) - logitOf(await alone))).toBeLessThanOrEqual(TOLERANCE)
  })
})

describe('the evidence of a window', () => {
  const evidenceOf = async (channel: Channel) => {
    const outcome = await incremental.score(channel, channel.ring, { evidence: true })
    if (outcome.kind !== 'scored' || outcome.evidence === undefined) throw new Error('no evidence')
    return { ...outcome.evidence, fakeLogit: outcome.fakeLogit }
  }

  it('adds up to the fake logit, of short windows and of full ones', async () => {
    const channel = new Channel(1)
    for (const frames of [100, 57, 600, 50, 1_100]) {
      channel.push(frames)
      const { fakeLogit, fakeEvidence } = await evidenceOf(channel)
      expect(Math.abs(fakeEvidence.reduce((sum, value) => sum + value, 0) - fakeLogit)).toBeLessThan(1e-3)
    }
  })

  it('lies in the middle of the frames of each embedding', async () => {
    const channel = new Channel(1)
    channel.push(1_250)
    const { firstFrame, strideFrames, fakeEvidence } = await evidenceOf(channel)
    expect({ firstFrame, strideFrames, stretches: fakeEvidence.length }).toEqual({
      firstFrame: 228 + 40,
      strideFrames: 4,
      stretches: 236,
    })
  })

  it('is not said where nobody asked', async () => {
    const channel = new Channel(1)
    channel.push(300)
    expect(await incremental.score(channel, channel.ring)).toEqual({ kind: 'scored', fakeLogit: expect.any(Number) })
  })
})

describe('what is sent to the model', () => {
  /** A model that keeps what it is given and answers with zeros. */
  function keptSteps() {
    const steps: Step[] = []
    const windows = new IncrementalWindows(defaultManifest, defaultManifest.incremental!, async (step) => {
      steps.push(step)
      return { fakeLogits: step.valid.map(() => 0), frames: step.frames, embeddings: step.embeddings }
    })
    const score = async (channel: object, count: number) => {
      await windows.score([{ channel, source: sourceOf(frames, count), end: count, wantsEvidence: false }])
      return steps.at(-1)!
    }
    return { score }
  }

  it('is the frames of new embeddings alone, 129 for a hop of half a second', async () => {
    const { score } = keptSteps()
    const channel = {}
    expect(await score(channel, 1_200)).toMatchObject({ pieceFrames: 1021, valid: [236] })
    expect(await score(channel, 1_250)).toMatchObject({
      pieceFrames: 129,
      pieces: [{ row: 0, at: 223, count: 13 }],
      valid: [236],
    })
  })

  it('is no frame at all where no embedding is new', async () => {
    const { score } = keptSteps()
    const channel = {}
    await score(channel, 1_249)
    expect(await score(channel, 1_250)).toMatchObject({ pieces: [], valid: [236] })
  })
})
