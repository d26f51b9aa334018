import { setTimeout as wait } from 'node:timers/promises'
import { Subject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScoreEvent, ServerEvent, SummaryEvent } from '../../src/protocol/events.ts'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { StreamInput } from '../../src/stream/live-stream.ts'
import { streamEvents } from '../../src/stream/stream-events.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'
import { fakeSpeech, inPieces, realSpeech } from '../fixtures/recordings.ts'
import { sourceOf } from '../fixtures/window-source.ts'
import { noise } from './sounds.ts'
import { contextOf } from './test-model.ts'

const HOP_SECONDS = 0.1
const LEAST_STREAMS = 12
const PACKET_SECONDS = 0.02
const PACKET_BYTES = 640
/** A window comes due this long after its end: the front end's look-ahead, in whole packets. */
const LOOK_AHEAD_SECONDS = 0.06
const WARM_UP_SECONDS = 3
const COUNTED_SECONDS = 6
const MEBIBYTE = 2 ** 20
const recordings = [realSpeech, fakeSpeech].map((speech) => inPieces(speech, PACKET_BYTES))

let scorer: LocalScorer
beforeAll(async () => {
  // Whole windows cost some seven times as much: a model that a few streams overload.
  scorer = await LocalScorer.open(defaultModelFolder, {
    provider: 'cpu',
    scoringSeconds: 60,
    threads: 1,
    wholeWindows: true,
  })
})
afterAll(() => scorer.close())

/** Windows that the model scores in a second while nothing else is asked of it. */
async function capacity(): Promise<number> {
  const window = sourceOf(noise(3, 20, 3).subarray(0, 1024 * 128))
  const until = performance.now() + 2_000
  let scored = 0
  const again = async (channel: object): Promise<void> => {
    while (performance.now() < until) {
      await scorer.score(channel, window)
      scored += 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, () => again({})))
  return scored / 2
}

/** One stream of live audio, and what it was told. All times are in seconds of audio, which stand still if the test does. */
class HeardStream {
  readonly scores: { readonly event: ScoreEvent; readonly ageSeconds: number; readonly at: number }[] = []
  readonly others: ServerEvent[] = []
  readonly #inputs = new Subject<StreamInput>()
  readonly #packets: readonly Uint8Array[]
  readonly #clock: () => number
  #sent = 0

  constructor(number: number, clock: () => number) {
    this.#packets = recordings[number % 2]!
    this.#clock = clock
    const context = contextOf(scorer, { hop: HOP_SECONDS }, { pace: 'live', now: () => clock() * 1000 })
    streamEvents(this.#inputs, context).subscribe((event) => {
      if (event.type !== 'score') this.others.push(event)
      else this.scores.push({ event, ageSeconds: this.#seconds - event.end - LOOK_AHEAD_SECONDS, at: clock() })
    })
  }

  send(): void {
    const bytes = this.#packets[this.#sent++ % this.#packets.length]!
    this.#inputs.next({ kind: 'audio', bytes, arrivedMs: this.#clock() * 1000 })
  }

  end(): void {
    this.#inputs.complete()
  }

  get summary(): SummaryEvent | undefined {
    return this.others.find((event) => event.type === 'summary')
  }

  get #seconds(): number {
    return this.#sent * PACKET_SECONDS
  }
}

async function play(streams: readonly HeardStream[], onTick: (seconds: number) => void): Promise<void> {
  const ticks = (WARM_UP_SECONDS + COUNTED_SECONDS) / PACKET_SECONDS
  for (let tick = 0; tick < ticks; tick += 1) {
    onTick(tick * PACKET_SECONDS)
    for (const [index, stream] of streams.entries()) {
      // Their windows come due at different times within a hop.
      if (tick * PACKET_SECONDS >= (index / streams.length) * HOP_SECONDS) stream.send()
    }
    await wait(PACKET_SECONDS * 1000)
  }
}

function heldBytes(): number {
  global.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Jain's index of fairness: 1 where all have the same, 1/n where one has everything. */
function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  return sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0))
}

const longestPause = (times: readonly number[]) => Math.max(...times.slice(1).map((time, at) => time - times[at]!))

describe('streams that want twice what the model can score', () => {
  it('share it evenly, hear of fresh windows, and hold no more than before', { timeout: 120_000 }, async () => {
    const wanted = Math.max(LEAST_STREAMS, Math.ceil(2 * (await capacity()) * HOP_SECONDS))
    let seconds = 0
    let mostWaiting = 0
    let heldAtFirst = 0
    const streams = Array.from({ length: wanted }, (_, number) => new HeardStream(number, () => seconds))
    await play(streams, (now) => {
      if (seconds < WARM_UP_SECONDS && now >= WARM_UP_SECONDS) heldAtFirst = heldBytes()
      seconds = now
      mostWaiting = Math.max(mostWaiting, scorer.waiting)
    })
    const heldAtLast = heldBytes()
    for (const stream of streams) stream.end()
    await expect.poll(() => streams.every(({ summary }) => summary !== undefined), { timeout: 20_000 }).toBe(true)

    const counted = streams.map(({ scores }) =>
      scores.filter(({ event, at }) => event.verdict !== 'inconclusive' && at >= WARM_UP_SECONDS && at < seconds),
    )
    const answers = counted.flatMap((scores) => scores.map(({ at }) => at)).sort((a, b) => a - b)
    const batchSeconds = longestPause(answers)
    const skipped = streams.map(({ scores }) => scores.reduce((total, { event }) => total + event.skipped, 0))
    expect(skipped.reduce((total, count) => total + count, 0)).toBeGreaterThan(answers.length / 4)
    expect(jain(counted.map(({ length }) => length))).toBeGreaterThanOrEqual(0.95)
    const oldest = Math.max(...counted.flatMap((scores) => scores.map(({ ageSeconds }) => ageSeconds)))
    expect(oldest).toBeLessThanOrEqual(2 * HOP_SECONDS + batchSeconds + PACKET_SECONDS)
    expect(mostWaiting).toBeLessThanOrEqual(wanted)
    expect((heldAtLast - heldAtFirst) / MEBIBYTE).toBeLessThan(8)
    for (const [index, { scores, others, summary }] of streams.entries()) {
      const numbers = scores.map(({ event }) => event.seq)
      expect(scores.map(({ event }) => event.skipped)).toEqual(
        numbers.map((seq, at) => seq - (numbers[at - 1] ?? -1) - 1),
      )
      expect(summary!.channels[0]!.skipped).toBe(skipped[index])
      expect(others.filter(({ type }) => type === 'error')).toEqual([])
    }
  })
})
