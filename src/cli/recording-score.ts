import { randomUUID } from 'node:crypto'
import { lastValueFrom, toArray } from 'rxjs'
import type { OpenedAudio } from '../audio/open-audio.ts'
import type { Fft } from '../dsp/fft.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import type { ChannelSummary, ScoreEvent, ServerEvent, Verdict } from '../protocol/events.ts'
import { limitsWith } from '../protocol/limits.ts'
import { parseStreamParameters } from '../protocol/parameters.ts'
import type { Scorer } from '../scoring/scorer.ts'
import { fileEvents } from '../stream/file-events.ts'

/** What a stream of this recording would have been told, in seconds of audio. */
export interface RecordingScore {
  readonly summary: ChannelSummary
  /** Of the windows that were judged, each on its own. */
  readonly windowFakeProbabilities: readonly number[]
  /** The end of the window from which on the verdict stayed what it was at the end; null if none was judged. */
  readonly verdictSettledAt: number | null
  /** When the first alert was raised, if one was. */
  readonly firstAlertAt: number | null
}

/**
 * Scores a recording through the same path as live audio, its channels mixed to one.
 * @throws EarwitnessError where it cannot be decoded, or where the model failed on a part of it
 */
export async function scoreRecording(audio: OpenedAudio, scorer: Scorer, fft: Fft): Promise<RecordingScore> {
  const { encoding, chunks } = audio
  const parameters = parseStreamParameters({ encoding, downmix: true })
  const context = { streamId: randomUUID(), parameters, scorer, limits: limitsWith(), fft }
  const events = await lastValueFrom(fileEvents(chunks, { ...context, now: () => performance.now() }).pipe(toArray()))
  return {
    summary: summaryIn(events),
    windowFakeProbabilities: judgedIn(events).map((score) => score.windowFakeProbability!),
    verdictSettledAt: settledAt(judgedIn(events)),
    firstAlertAt: events.find((event) => event.type === 'alert')?.at ?? null,
  }
}

/** The only channel of a recording that was mixed to one. */
function summaryIn(events: readonly ServerEvent[]): ChannelSummary {
  const error = events.find((event) => event.type === 'error')
  if (error !== undefined) throw new EarwitnessError(error.code, error.message)
  const summary = events.find((event) => event.type === 'summary')?.channels[0]
  if (summary === undefined) throw new EarwitnessError('unsupported_audio', 'there is no audio in it')
  return summary
}

function judgedIn(events: readonly ServerEvent[]): ScoreEvent[] {
  return events.filter((event) => event.type === 'score').filter((score) => score.windowFakeProbability !== null)
}

function settledAt(judged: readonly ScoreEvent[]): number | null {
  const final: Verdict | undefined = judged.at(-1)?.verdict
  const lastOther = judged.findLastIndex(({ verdict }) => verdict !== final)
  return judged[lastOther + 1]?.end ?? null
}
