import opus from '@discordjs/opus'
import fc from 'fast-check'
import { concat, finalize, from, lastValueFrom, NEVER, Subject, throwError, toArray } from 'rxjs'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { type ServerEvent, ServerEventSchema } from '../../src/protocol/events.ts'
import { limitsWith } from '../../src/protocol/limits.ts'
import type { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { StreamInput } from '../../src/stream/live-stream.ts'
import type { StreamContext } from '../../src/stream/stream-channels.ts'
import { streamEvents } from '../../src/stream/stream-events.ts'
import { ffmpegBytes, hasFfmpeg } from '../audio/ffmpeg-bytes.ts'
import { fakeSpeech, fakeSpeechWav, firstSeconds, inPieces } from '../fixtures/recordings.ts'
import { heldScorer } from './held-model.ts'
import { opusPackets } from './opus-packets.ts'
import { expectSameEvents } from './same-events.ts'
import { contextOf, openDefaultModel } from './test-model.ts'

const FINALIZE: StreamInput = { kind: 'finalize' }

let scorer: LocalScorer
beforeAll(async () => {
  scorer = await openDefaultModel()
})
afterAll(() => scorer.close())

const audio = (bytes: Uint8Array, arrivedMs = 0): StreamInput => ({ kind: 'audio', bytes, arrivedMs })

/** All events of a stream, each as its schema allows it. */
async function eventsOf(inputs: Iterable<StreamInput>, context: StreamContext = contextOf(scorer)) {
  const events = await lastValueFrom(streamEvents(from(inputs), context).pipe(toArray()))
  return events.map((event) => v.parse(ServerEventSchema, event))
}

function ofType<Type extends ServerEvent['type']>(events: readonly ServerEvent[], type: Type) {
  return events.filter((event): event is Extract<ServerEvent, { type: Type }> => event.type === type)
}

const typesOf = (events: readonly ServerEvent[]) => events.map(({ type }) => type)

describe('the events of a stream', () => {
  it('are ready, then scores, then one summary', async () => {
    const events = await eventsOf([audio(firstSeconds(fakeSpeech, 2))])
    const types = typesOf(events).filter((type) => type !== 'alert')
    expect(types).toEqual(['ready', 'score', 'score', 'score', 'summary'])
  })

  it('are ready and a summary without channels where no audio came', async () => {
    const events = await eventsOf([])
    expect(typesOf(events)).toEqual(['ready', 'summary'])
    expect(ofType(events, 'summary')[0]!.channels).toEqual([])
  })

  it('end with a window that ends with the audio', async () => {
    const scores = ofType(await eventsOf([audio(firstSeconds(fakeSpeech, 1.7))]), 'score')
    expect(scores.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [0, 1.5],
      [0, 1.7],
    ])
  })

  it('call the fixture of a fake voice fake, with an alert', async () => {
    const events = await eventsOf([audio(fakeSpeech)])
    expect(ofType(events, 'summary')[0]!.channels[0]).toMatchObject({ verdict: 'fake', scored: 23, duration: 12 })
    expect(ofType(events, 'alert')[0]).toMatchObject({ state: 'raised' })
  })

  it('score the same bits however the bytes are cut into messages', async () => {
    const bytes = fakeSpeechWav.subarray(0, 44 + 3 * 32_000)
    const scoresOf = async (messages: Iterable<Uint8Array>) => {
      const events = await eventsOf(Array.from(messages, (message) => audio(message)))
      return ofType(events, 'score').map(({ latencyMs, ...score }) => score)
    }
    const whole = await scoresOf([bytes])
    expect(whole.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 100 }), async (places) => {
        const edges = [0, ...places.sort((a, b) => a - b), bytes.length]
        expect(await scoresOf(edges.slice(1).map((end, at) => bytes.subarray(edges[at], end)))).toEqual(whole)
      }),
      { numRuns: 20 },
    )
  })

  it('are on finalize a score of what is there and a summary, and go on', async () => {
    const events = await eventsOf([
      audio(firstSeconds(fakeSpeech, 1.8)),
      FINALIZE,
      audio(fakeSpeech.subarray(57_600, 96_000)),
    ])
    const types = typesOf(events).filter((type) => type !== 'alert')
    expect(types).toEqual([
      'ready',
      ...['score', 'score', 'score', 'summary'],
      ...['score', 'score', 'score', 'summary'],
    ])
    expect(ofType(events, 'summary').map(({ channels }) => channels[0]!.duration)).toEqual([1.8, 3])
  })

  it('hold the smoothed value over windows that are mostly gaps, and say so', async () => {
    const lost = Array.from({ length: 200 }, () => new Uint8Array(0))
    const packets = [...opusPackets(firstSeconds(fakeSpeech, 2)), ...lost]
    const events = await eventsOf(
      packets.map((packet) => audio(packet)),
      contextOf(scorer, { encoding: 'opus' }),
    )
    const scores = ofType(events, 'score')
    const held = scores.findLast(({ windowFakeProbability }) => windowFakeProbability !== null)!.fakeProbability
    expect(scores.at(-1)).toMatchObject({
      end: 6,
      gapMs: 4_000,
      verdict: 'inconclusive',
      reason: 'gap',
      windowFakeProbability: null,
      fakeProbability: held,
    })
  })

  it('are only of the kinds that were asked for, and ready', async () => {
    const context = contextOf(scorer, { events: ['summary'] })
    expect(typesOf(await eventsOf([audio(firstSeconds(fakeSpeech, 2))], context))).toEqual(['ready', 'summary'])
  })

  it('score each channel by itself, and both as one with downmix', async () => {
    const stereo = { encoding: 's16le', channels: 2 } as const
    const events = await eventsOf([audio(firstSeconds(fakeSpeech, 2))], contextOf(scorer, stereo))
    expect(ofType(events, 'score').map(({ channel }) => channel)).toEqual([0, 1])
    const mixed = contextOf(scorer, { ...stereo, downmix: true })
    const downmixed = await eventsOf([audio(firstSeconds(fakeSpeech, 2))], mixed)
    expect(ofType(downmixed, 'score').map(({ channel }) => channel)).toEqual([0])
  })

  it.each([1_000, 32_000, 160_000])('warn of a second that clips at its end, in messages of %i bytes', async (most) => {
    const samples = new Int16Array(80_000).fill(32_767, 16_000, 48_000)
    const messages = inPieces(new Uint8Array(samples.buffer), most).map((message) => audio(message))
    const [warning] = ofType(await eventsOf(messages), 'warning')
    expect(warning).toMatchObject({ code: 'clipping', channel: 0, at: 2 })
  })

  it('say of each message once that it was taken in', async () => {
    const taken: number[] = []
    const messages = inPieces(firstSeconds(fakeSpeech, 2), 10_000).map(
      (bytes, at): StreamInput => ({ kind: 'audio', bytes, arrivedMs: 0, taken: () => taken.push(at) }),
    )
    await eventsOf(messages)
    expect(taken).toEqual([...messages.keys()])
  })
})

describe('the bytes of a message', () => {
  it('are no longer read once the message was handed over, though others still wait for their scores', async () => {
    const messages = inPieces(firstSeconds(fakeSpeech, 4), 3_200)
    const context = contextOf(scorer)
    const reused = new Uint8Array(3_200)
    const inputs = new Subject<StreamInput>()
    const told = lastValueFrom(streamEvents(inputs, context).pipe(toArray()))
    for (const message of messages) {
      reused.set(message)
      inputs.next(audio(reused.subarray(0, message.length)))
      reused.fill(0x55)
    }
    inputs.complete()
    const whole = await eventsOf(messages.map((message) => audio(message)))
    expectSameEvents(ofType(await told, 'score'), ofType(whole, 'score'))
  })
})

describe.skipIf(!hasFfmpeg)('a container that is damaged (skipped where ffmpeg is missing)', () => {
  it.each([500, 8_000, 1_000_000])('is scored up to there, in messages of %i bytes', async (most) => {
    const file = ffmpegBytes(['-i', 'pipe:0', '-c:a', 'libopus', '-f', 'webm'], fakeSpeechWav)
    const damaged = file.slice().fill(0, file.length * 0.9, file.length * 0.95)
    const messages = inPieces(damaged, most).map((message) => audio(message))
    const events = await eventsOf(messages, contextOf(scorer, { encoding: 'webm-opus' }))
    expect(ofType(events, 'score')).toHaveLength(20)
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'bad_audio', fatal: true })
  })
})

describe('the end of a stream that cannot go on', () => {
  it('is a fatal error for a container of garbage', async () => {
    const garbage = Buffer.from('hello, this is not audio at all')
    const events = await eventsOf([audio(garbage), audio(garbage)], contextOf(scorer, { encoding: 'ogg-opus' }))
    expect(events).toEqual([
      expect.objectContaining({ type: 'ready' }),
      { type: 'error', code: 'unsupported_audio', message: expect.any(String), fatal: true },
    ])
  })

  it('is a fatal error alone for parameters that the encoding cannot have', async () => {
    const context = contextOf(scorer, { encoding: 'opus' })
    const events = await eventsOf([], { ...context, parameters: { ...context.parameters, channels: 3 } })
    expect(events).toMatchObject([{ type: 'error', code: 'bad_parameter', fatal: true }])
  })

  it('comes though only summaries were asked for', async () => {
    const context = contextOf(scorer, { encoding: 'ogg-opus', events: ['summary'] })
    const events = await eventsOf([audio(Buffer.from('hello, this is not audio at all'))], context)
    expect(typesOf(events)).toEqual(['ready', 'error'])
  })

  it('keeps to itself what failed inside the server', async () => {
    const inputs = throwError(() => new Error('a path or a secret'))
    const events = await lastValueFrom(streamEvents(inputs, contextOf(scorer)).pipe(toArray()))
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'internal', fatal: true })
    expect(JSON.stringify(events)).not.toContain('secret')
  })
})

describe('pauses of the sender', () => {
  const late = [audio(firstSeconds(fakeSpeech, 1), 0), audio(fakeSpeech.subarray(32_000, 64_000), 7_000)]

  it('are counted as gaps in a live stream', async () => {
    const events = await eventsOf(late, contextOf(scorer, {}, { pace: 'live' }))
    expect(ofType(events, 'summary')[0]!.channels[0]).toMatchObject({ duration: 2, gapMs: 6_000 })
  })

  it('are none where the network held the audio up, and all of it came', async () => {
    const delivered = (at: number) => (at > 40 && at < 100 ? 10_000 : 100 * at)
    const messages = inPieces(fakeSpeech, 3_200).map((bytes, at) => audio(bytes, delivered(at)))
    const events = await eventsOf(messages, contextOf(scorer, {}, { pace: 'live' }))
    expect(ofType(events, 'score').map(({ gapMs }) => gapMs)).toEqual(Array(23).fill(0))
    expect(ofType(events, 'summary')[0]!.channels[0]).toMatchObject({ duration: 12, gapMs: 0, verdict: 'fake' })
  })

  it('are none where the audio is all there and only the scoring takes its time', async () => {
    const events = await eventsOf(late)
    expect(ofType(events, 'summary')[0]!.channels[0]).toMatchObject({ duration: 2, gapMs: 0 })
  })
})

describe('a stream whose model is busy or fails', () => {
  /** Eight seconds in half-second messages that came in time, told of long after. */
  const behind = inPieces(firstSeconds(fakeSpeech, 8), 16_000).map((bytes, at) => audio(bytes, at * 500))
  const live = { pace: 'live', now: () => 1_000_000 } as const

  it('counts in skipped what was superseded, and warns of overload once', async () => {
    const model = heldScorer()
    const events = eventsOf([...behind], contextOf(model.scorer, {}, live))
    const told = await model.releaseUntil(events)
    const scores = ofType(told, 'score')
    const windows = scores.reduce((total, { skipped }) => total + 1 + skipped, 0)
    expect(windows).toBe(15)
    expect(scores.at(-1)).toMatchObject({ seq: 14, end: 8 })
    expect(ofType(told, 'warning').map(({ code }) => code)).toEqual(['overload'])
    expect(ofType(told, 'summary')[0]!.channels[0]).toMatchObject({
      scored: scores.length,
      skipped: 15 - scores.length,
    })
  })

  it('waits for its scores where the audio is all there, and skips none', async () => {
    const model = heldScorer()
    const events = eventsOf([...behind], contextOf(model.scorer, {}, { ...live, pace: 'offline' }))
    expect(ofType(await model.releaseUntil(events), 'summary')[0]!.channels[0]).toMatchObject({
      scored: 15,
      skipped: 0,
    })
  })

  it('goes on after a hop though its window still waits, so that newer ones replace it', async () => {
    const model = heldScorer()
    const inputs = new Subject<StreamInput>()
    let clock = 0
    let taken = 0
    const hear = (pieces: readonly Uint8Array[]) => {
      for (const bytes of pieces) {
        clock += 500
        inputs.next({ kind: 'audio', bytes, arrivedMs: clock, taken: () => (taken += 1) })
      }
    }
    const context = contextOf(model.scorer, {}, { pace: 'live', now: () => clock })
    const events = lastValueFrom(streamEvents(inputs, context).pipe(toArray()))
    const pieces = inPieces(firstSeconds(fakeSpeech, 4.5), 16_000)
    hear(pieces.slice(0, 3))
    await expect.poll(() => model.running.length).toBe(1)
    hear(pieces.slice(3))
    // Nothing was scored yet, and all of it is heard: what is behind the first window is in the batcher, not in a queue.
    await expect.poll(() => taken, { timeout: 10_000 }).toBe(9)
    inputs.complete()
    const told = await model.releaseUntil(events)
    expect(ofType(told, 'score').map(({ seq, skipped }) => [seq, skipped])).toEqual([
      [0, 0],
      [7, 6],
    ])
  })

  it('takes any number of messages that came while it was busy', async () => {
    const model = heldScorer()
    const grains = inPieces(fakeSpeech.subarray(48_000, 88_000), 2).map((bytes) => audio(bytes))
    const context = contextOf(model.scorer)
    const told = await model.releaseUntil(eventsOf([audio(firstSeconds(fakeSpeech, 1.5)), ...grains], context))
    expect(ofType(told, 'summary')[0]!.channels[0]).toMatchObject({ duration: 2.75, failed: 0 })
  })

  it('answers any number of finalize messages that came while it was busy', async () => {
    const model = heldScorer()
    const context = contextOf(model.scorer)
    const inputs = [audio(firstSeconds(fakeSpeech, 1.5)), ...new Array<StreamInput>(20_000).fill(FINALIZE)]
    const told = await model.releaseUntil(eventsOf(inputs, context))
    expect(ofType(told, 'summary')).toHaveLength(20_001)
  })

  it('tells of a failed window with an error, never with a number, and goes on', async () => {
    const model = heldScorer()
    const events = eventsOf([audio(firstSeconds(fakeSpeech, 1.5))], contextOf(model.scorer))
    await expect.poll(() => model.running.length).toBe(1)
    model.release(new EarwitnessError('inference_failed', 'the model broke'))
    const told = await model.releaseUntil(events)
    expect(typesOf(told)).toEqual(['ready', 'error', 'score', 'summary'])
    expect(told[1]).toMatchObject({ code: 'inference_failed', fatal: false, channel: 0, start: 0, end: 1 })
  })
})

describe('a subscriber that leaves', () => {
  it('unsubscribes the stream from its audio', () => {
    let left = false
    const inputs = concat(from([audio(firstSeconds(fakeSpeech, 0.5))]), NEVER).pipe(finalize(() => (left = true)))
    streamEvents(inputs, contextOf(scorer)).subscribe().unsubscribe()
    expect(left).toBe(true)
  })

  it('is told of nothing any more, though a window was in the model', async () => {
    const model = heldScorer()
    const events: ServerEvent[] = []
    const inputs = new Subject<StreamInput>()
    const subscription = streamEvents(inputs, contextOf(model.scorer)).subscribe((event) => events.push(event))
    inputs.next(audio(firstSeconds(fakeSpeech, 2)))
    await expect.poll(() => model.running.length).toBe(1)
    subscription.unsubscribe()
    model.release()
    await new Promise((resolve) => setImmediate(resolve))
    expect(typesOf(events)).toEqual(['ready'])
    expect(inputs.observed).toBe(false)
  })
})

describe('the decoder of a stream', () => {
  const packets = opusPackets(firstSeconds(fakeSpeech, 0.1)).map((packet) => audio(packet))
  const context = () => contextOf(scorer, { encoding: 'opus' }, { limits: limitsWith({ corruptPackets: 1 }) })
  const lost = [audio(new Uint8Array(0)), audio(new Uint8Array(0))]

  // A decoder that was given back serves the next stream: only one that was not makes libopus start another.
  it.each([
    [
      'left',
      () =>
        streamEvents(concat(from(packets), NEVER), context())
          .subscribe()
          .unsubscribe(),
    ],
    ['complete', () => eventsOf(packets, context())],
    ['failed', () => eventsOf([...packets, ...lost], context())],
  ])('is given back when the stream is %s', async (_, run) => {
    await run()
    const started = vi.spyOn(opus, 'OpusEncoder')
    for (let stream = 0; stream < 10; stream += 1) await run()
    expect(started).not.toHaveBeenCalled()
    started.mockRestore()
  })
})
