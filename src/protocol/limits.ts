/** One bound: its default and, for the table in the README, what happens beyond it. */
export interface Limit {
  readonly value: number
  readonly unit: string
  readonly beyond: string
}

/** Every limit of the program, with its default. `earwitness serve --limit NAME=VALUE` changes one. */
export const DEFAULT_LIMITS = {
  messageBytes: { value: 256 * 1024, unit: 'bytes', beyond: 'close 1009 message_too_large' },
  textBytes: { value: 16 * 1024, unit: 'bytes', beyond: 'error message_too_large; the stream goes on' },
  bodyBytes: { value: 64 * 1024 * 1024, unit: 'bytes', beyond: 'HTTP 413 body_too_large' },
  requestSeconds: { value: 120, unit: 'seconds', beyond: 'HTTP 408 (a whole request; uws: less than 16 KiB a second)' },
  detectSeconds: { value: 3600, unit: 'seconds', beyond: 'HTTP 413 audio_too_long' },
  detects: { value: 4, unit: 'files at once', beyond: 'HTTP 503 too_many_streams' },
  jsonDepth: { value: 16, unit: 'levels', beyond: 'error bad_message; the stream goes on' },
  messagesPerSecond: {
    value: 1000,
    unit: 'messages a second',
    beyond: 'close 1008 too_many_messages (ten seconds’ worth may come at once)',
  },
  finalizes: { value: 8, unit: 'unanswered', beyond: 'error too_many_messages; the stream goes on' },
  channels: { value: 8, unit: 'channels', beyond: 'HTTP 400 bad_parameter' },
  labelCharacters: { value: 128, unit: 'characters', beyond: 'HTTP 400 bad_parameter' },
  audioAheadSeconds: {
    value: 30,
    unit: 'seconds',
    beyond: 'warning audio_ahead, then reading stops (ws) or close 1013 audio_too_fast (uws)',
  },
  idleSeconds: { value: 30, unit: 'seconds', beyond: 'close 4408 idle' },
  connections: { value: 1024, unit: 'sockets', beyond: 'the socket is closed at once (ws)' },
  handshakeSeconds: {
    value: 5,
    unit: 'seconds',
    beyond: 'HTTP 408, or the socket is destroyed (opening and closing; uws: 10)',
  },
  connectionSeconds: { value: 4 * 3600, unit: 'seconds', beyond: 'summary, then close 1008 connection_too_long' },
  outgoingBytes: { value: 1024 * 1024, unit: 'bytes', beyond: 'close 1013 client_too_slow' },
  streams: { value: 256, unit: 'streams', beyond: 'HTTP 503 too_many_streams' },
  loadPercent: {
    value: 80,
    unit: 'percent of what a thread can do, and all cores together',
    beyond: 'HTTP 503 or close 1013 too_many_streams',
  },
  keyStreams: { value: 256, unit: 'streams', beyond: 'HTTP 429 quota_exceeded for that key (keys may have their own)' },
  addressStreams: { value: 64, unit: 'streams', beyond: 'HTTP 429 quota_exceeded for that address' },
  tokenSeconds: { value: 3600, unit: 'seconds', beyond: 'HTTP 400 bad_parameter (how long a stream token may live)' },
  alerts: {
    value: 256,
    unit: 'alerts a stream',
    beyond: 'the summary lists the newest, shared evenly by the channels, and counts the others',
  },
  resumeSeconds: { value: 3600, unit: 'seconds', beyond: 'close 4409 resume_refused (the age of a resume token)' },
  scoringSeconds: { value: 30, unit: 'seconds', beyond: 'error inference_timeout for the windows of that batch' },
  drainSeconds: {
    value: 10,
    unit: 'seconds',
    beyond: 'streams that have not moved by half of it end with 1001, and by all of it without a summary',
  },
  corruptPackets: { value: 250, unit: 'packets in a row', beyond: 'close 1007 bad_audio' },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof DEFAULT_LIMITS
export type Limits = { readonly [name in LimitName]: number }

/** The default limits as plain numbers, some of them replaced. */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  const defaults = Object.entries(DEFAULT_LIMITS).map(([name, limit]) => [name, limit.value])
  return { ...(Object.fromEntries(defaults) as Limits), ...changes }
}
