import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type ConnectionState, type ConnectOptions, connect, type StreamRequest } from '../../client/sdk/index.ts'
import type { ServerEvent } from '../../src/protocol/events.ts'
import { fakeSpeech, inPieces, realSpeech } from '../fixtures/recordings.ts'
import { opusPackets } from '../stream/opus-packets.ts'
import { samplesAs } from '../stream/sample-encodings.ts'

const QUICKLY = { firstDelayMs: 5, longestDelayMs: 100, attempts: 10_000 }
/** Audio between two breaths of the sender, and the breath: some ten times as fast as the clock. */
const BREATH_MS = 20

const speech = new Uint8Array(Buffer.concat([realSpeech, fakeSpeech]))
const stereo = samplesAs('f32le', speech, 2)

/** Pieces of about 0.2 s, sent again from the first on after the last. Long hops: a busy machine may take a second for a score. */
export const SOUNDS: readonly (readonly [StreamRequest, readonly Uint8Array[]])[] = [
  [{ hop: 1.5 }, inPieces(speech, 6_402)],
  [{ encoding: 'f32le', channels: 2, hop: 2 }, inPieces(stereo, 25_600)],
  [{ encoding: 'mulaw', sampleRate: 8_000, hop: 3, evidence: true }, inPieces(samplesAs('mulaw', speech, 1), 1_600)],
  [{ sampleRate: 22_050, hop: 2.5 }, inPieces(speech, 8_820)],
  [{ encoding: 'opus', hop: 2 }, opusPackets(speech)],
]

export interface Heard {
  readonly sent: number
  readonly events: readonly unknown[]
  readonly states: readonly ConnectionState[]
}

/** Sends pieces for as long as it is told to, through the SDK, and hears everything up to the summary. */
export async function hear(
  url: string,
  [request, pieces]: (typeof SOUNDS)[number],
  goesOn: (sent: number, states: readonly ConnectionState[]) => boolean,
  { breathMs = BREATH_MS, ...options }: ConnectOptions & { readonly breathMs?: number } = {},
): Promise<Heard> {
  const stream = connect(url, request, { WebSocket, reconnection: QUICKLY, closeTimeoutMs: 60_000, ...options })
  const events: ServerEvent[] = []
  const states: ConnectionState[] = []
  stream.on('event', (event) => events.push(event))
  stream.on('state', (state) => states.push(state))
  let sent = 0
  for (; goesOn(sent, states); sent += 1) {
    stream.send(pieces[sent % pieces.length]!)
    await stream.drained()
    const seconds = sent / (request.encoding === 'opus' ? 50 : 5)
    // Well ahead of the clock, so that a busy machine skips no window; then in steps.
    if (seconds > 3 && (request.encoding !== 'opus' || sent % 10 === 0)) await wait(breathMs)
  }
  await stream.close()
  return { sent, events, states }
}
