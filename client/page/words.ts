import type {
  ConnectionState,
  EarwitnessError,
  ErrorCode,
  InconclusiveReason,
  ScoreEvent,
  SummaryEvent,
} from '../sdk/index.ts'
import { clockText, probabilityText, secondsText } from './figures.ts'

const REASONS: Readonly<Record<InconclusiveReason, string>> = {
  too_short: 'The first judgement comes after a second of speech.',
  silence: 'It is silent.',
  too_little_speech: 'The last ten seconds hold too little speech to judge.',
  not_speech: 'This does not sound like speech: perhaps music, noise or a tone.',
  gap: 'Too much of the sound is missing.',
}

const CONNECTION: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  open: 'Connected',
  reconnecting: 'Connection lost, trying again',
  closed: 'Not connected',
}

const ERRORS: { readonly [code in ErrorCode]?: string } = {
  too_many_streams: 'The server is full.',
  unauthorized: 'The server wants an access key.',
  draining: 'The server is stopping.',
  connection_lost: 'The server cannot be reached.',
  internal: 'The server failed.',
  inference_failed: 'The model failed on a window; it has no score.',
  inference_timeout: 'The model took too long for a window; it has no score.',
  connection_too_long: 'The stream reached the longest time that the server allows.',
}

export const CONNECTION_WORDS = CONNECTION

/** The verdict in two or three plain words; without a reason where nothing more is awaited. */
export function verdictWords(score: Pick<ScoreEvent, 'verdict' | 'reason'>): string {
  switch (score.verdict) {
    case 'real':
      return 'likely real'
    case 'fake':
      return 'likely fake'
    case 'uncertain':
      return 'uncertain'
    case 'inconclusive':
      return score.reason === 'too_short' ? 'listening' : 'not enough speech'
  }
}

/** What the verdict rests on. `windowSeconds` is the length of a full window. */
export function verdictGround(score: ScoreEvent, windowSeconds: number): string {
  if (score.verdict === 'inconclusive') return REASONS[score.reason ?? 'too_little_speech']
  if (score.provisional) {
    return `Provisional: ${secondsText(score.end - score.start)} heard of the ${secondsText(windowSeconds)} that the model wants.`
  }
  return `Judged by the last ${secondsText(windowSeconds)}, of which ${secondsText(score.speechSeconds)} are speech.`
}

/** What is left to say when the sound has ended. */
export function summaryWords({ channels: [channel] }: SummaryEvent): string {
  const heard = `${clockText(channel.duration)} heard`
  if (channel.peakFakeProbability === null) return `${heard}, nothing in it could be judged.`
  const mean = probabilityText(channel.meanFakeProbability)
  return `${heard}. Fake probability: ${mean} on average, ${probabilityText(channel.peakFakeProbability)} at most.`
}

/** An error as a sentence for the user. */
export function errorWords(error: EarwitnessError): string {
  return ERRORS[error.code] ?? `The server said: ${error.message}`
}
