import { lastValueFrom, Subject, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServerEvent } from '../../src/protocol/events.ts'
import type { StreamRequest } from '../../src/protocol/parameters.ts'
import type { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { StreamInput } from '../../src/stream/live-stream.ts'
import { streamEvents } from '../../src/stream/stream-events.ts'
import type { StreamState } from '../../src/stream/stream-state.ts'
import { asWav, fakeSpeech, realSpeech } from '../fixtures/recordings.ts'
import { opusPackets } from './opus-packets.ts'
import { expectSameEvents } from './same-events.ts'
import { samplesAs } from './sample-encodings.ts'
import { contextOf, openDefaultModel } from './test-model.ts'

let model: LocalScorer
beforeAll(async () => {
  model = await openDefaultModel()
})
afterAll(() => model.close())

interface Told {
  readonly events: ServerEvent[]
  /** The state of each `ack`, written down and read again, and how many events came before it. */
  readonly states: { readonly state: StreamState; readonly after: number }[]
}

/** Sends all messages and hears all events. */
async function tell(request: StreamRequest, messages: readonly StreamInput[], resumed?: StreamState): Promise<Told> {
  const inputs = new Subject<StreamInput>()
  const states: StreamState[] = []
  const tokenOf = (state: StreamState): string => {
    states.push(JSON.parse(JSON.stringify(state)))
    return ''
  }
  const context = contextOf(model, request, { pace: 'live', tokenOf, ...(resumed && { resumed }) })
  const all = lastValueFrom(streamEvents(inputs, context).pipe(toArray()))
  for (const message of messages) inputs.next(message)
  inputs.complete()
  const heard = await all
  const events = heard.filter(({ type }) => type !== 'ack')
  const acks = heard.flatMap(({ type }, at) => (type === 'ack' ? [at] : []))
  return { events, states: states.map((state, ack) => ({ state, after: acks[ack]! - ack })) }
}

function audio(pieces: readonly Uint8Array[]): StreamInput[] {
  return pieces.map((bytes) => ({ kind: 'audio', bytes, arrivedMs: 0 }))
}

/** What a client sends again: from this byte on, with the same cuts. */
function from(byte: number, messages: readonly StreamInput[]): StreamInput[] {
  let at = 0
  return messages.flatMap((message): StreamInput[] => {
    if (message.kind !== 'audio') return at > byte ? [message] : []
    const start = Math.max(0, byte - at)
    at += message.bytes.length
    return start > 0 && start >= message.bytes.length ? [] : [{ ...message, bytes: message.bytes.subarray(start) }]
  })
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length]!
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const speech = new Uint8Array(Buffer.concat([realSpeech, fakeSpeech]))
const thrice = new Uint8Array(Buffer.concat([speech, speech, speech]))
/** Every tenth packet of a stretch is garbage. */
const damaged = opusPackets(speech).map((packet, at) => (at > 300 && at % 10 === 0 ? new Uint8Array(0) : packet))

const STREAMS: readonly (readonly [string, StreamRequest, readonly Uint8Array[]])[] = [
  ['s16le at the model’s rate', {}, cut(speech, [640, 1_001, 7, 20_000])],
  ['two channels of float32', { encoding: 'f32le', channels: 2 }, cut(samplesAs('f32le', speech, 2), [40_960, 13])],
  ['telephone µ-law', { encoding: 'mulaw', sampleRate: 8_000 }, cut(samplesAs('mulaw', speech, 1), [160])],
  ['44.1 kHz, a hop of 0.7 s', { sampleRate: 44_100, hop: 0.7 }, cut(thrice, [8_820])],
  ['an odd rate', { sampleRate: 11_027, hop: 1 }, cut(speech, [3_333])],
  ['a hop longer than what an ack is about', { hop: 4 }, cut(speech, [3_200])],
  ['a WAV with bytes behind its audio', {}, cut(new Uint8Array(Buffer.concat([asWav(speech), speech])), [9_999])],
  ['opus packets, some of them damaged', { encoding: 'opus' }, damaged],
]

describe('a stream that is resumed', () => {
  it.each(STREAMS)('says what it would have said, wherever it was interrupted: %s', async (_, request, pieces) => {
    const messages = audio(pieces)
    const whole = await tell(request, messages)
    const chosen = whole.states.filter((_, at) => at % 11 === 3 || at === whole.states.length - 1)
    expect(chosen.length).toBeGreaterThan(2)
    for (const { state, after } of chosen) {
      const { events } = await tell(request, from(state.entry.byte, messages), state)
      expect(events[0]).toMatchObject({ type: 'ready', resumed: { replayFrom: state.entry.byte } })
      expectSameEvents(events.slice(1), whole.events.slice(after))
    }
  })

  it.each(STREAMS)('needs less than 11.5 s of audio again, of Opus 6 s more: %s', async (_, request, pieces) => {
    const { states } = await tell(request, audio(pieces))
    const seconds = states.map(({ state }) => {
      const rate = state.seconds === 0 ? 1 : state.samples / state.seconds
      return (state.samples - state.entry.sample) / rate
    })
    expect(Math.max(...seconds)).toBeLessThan(request.encoding === 'opus' ? 17.5 : 11.5)
    expect(Math.max(...seconds)).toBeGreaterThan(10.24)
  })

  it('goes on from a stream that was itself resumed, before and after its first new window', async () => {
    const messages = audio(cut(speech, [4_000]))
    const request = { hop: 3 }
    const whole = await tell(request, messages)
    const { state, after } = whole.states[20]!
    const second = await tell(request, from(state.entry.byte, messages), state)
    for (const again of second.states.slice(0, 9)) {
      const third = await tell(request, from(again.state.entry.byte, messages), again.state)
      expectSameEvents(third.events.slice(1), whole.events.slice(after + again.after - 1))
    }
  })

  it('answers each finalize once, and goes on from behind the answered ones', async () => {
    const pieces = audio(cut(speech, [16_000]))
    const messages = [...pieces.slice(0, 9), { kind: 'finalize' } as const, ...pieces.slice(9)]
    const whole = await tell({}, messages)
    const before = whole.states.findLast(({ state }) => state.finalized === 0)!
    const behind = whole.states.find(({ state }) => state.finalized === 1)!
    const again = await tell({}, from(before.state.entry.byte, messages), before.state)
    const rest = await tell({}, from(behind.state.entry.byte, pieces), behind.state)
    expectSameEvents(again.events.slice(1), whole.events.slice(before.after))
    expectSameEvents(rest.events.slice(1), whole.events.slice(behind.after))
  })
})
