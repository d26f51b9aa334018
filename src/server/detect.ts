import { randomUUID } from 'node:crypto'
import { fromEvent, lastValueFrom, takeUntil, tap, toArray } from 'rxjs'
import { openAudio } from '../audio/open-audio.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import type { ServerEvent } from '../protocol/events.ts'
import { checkWithin, FILE_ENCODINGS, parseStreamQuery, type StreamParameters } from '../protocol/parameters.ts'
import { fileEvents } from '../stream/file-events.ts'
import { json } from './http-answers.ts'
import type { SessionContext } from './session.ts'
import type { HttpRequest, HttpResponse } from './transport.ts'

/**
 * `POST /v1/detect`: the body is an audio file, or raw audio if the query names its `encoding`. Answers with the
 * same events that a stream would have had, sorted by kind.
 * @throws EarwitnessError what the stream would have ended with
 */
export async function detect(request: HttpRequest, context: SessionContext): Promise<HttpResponse> {
  const { models, limits, fft } = context
  const asked = parseStreamQuery(request.query)
  checkWithin(limits, asked)
  checkEncoding(asked)
  const scorer = models.find(asked.model)
  const body = await request.body()
  if (body.length === 0) throw new EarwitnessError('unsupported_audio', 'the body is empty; send an audio file')
  const audio = request.query.has('encoding')
    ? { encoding: asked.encoding, chunks: slices(body) }
    : await openAudio(body)
  const events = await lastValueFrom(
    fileEvents(audio.chunks, {
      streamId: randomUUID(),
      parameters: { ...asked, encoding: audio.encoding, events: undefined },
      scorer,
      limits,
      fft,
      now: () => performance.now(),
    }).pipe(tap(noLongerThan(limits.detectSeconds)), takeUntil(fromEvent(request.gone, 'abort')), toArray()),
  )
  return json(report(events))
}

function checkEncoding({ encoding }: StreamParameters): void {
  if (FILE_ENCODINGS.some((one) => one === encoding)) return
  throw new EarwitnessError(
    'bad_parameter',
    `encoding: a file does not tell where the packets of ${encoding} end; allowed are ${FILE_ENCODINGS.join(', ')}, and Opus files say themselves what they are`,
  )
}

/** How long audio is shows as it is decoded, whatever its container says. */
function noLongerThan(seconds: number): (event: ServerEvent) => void {
  return (event) => {
    if (event.type !== 'score' || event.end <= seconds) return
    throw new EarwitnessError('audio_too_long', `a file may hold ${seconds} s of audio; cut it, or stream it`)
  }
}

function report(events: readonly ServerEvent[]): unknown {
  const of = <Type extends ServerEvent['type']>(type: Type) =>
    events.filter((event): event is Extract<ServerEvent, { type: Type }> => event.type === type)
  const fatal = of('error').find((error) => error.fatal)
  if (fatal !== undefined) throw new EarwitnessError(fatal.code, fatal.message)
  const [ready] = of('ready')
  const [summary] = of('summary')
  return { ready, summary, scores: of('score'), alerts: of('alert'), warnings: of('warning'), errors: of('error') }
}

/** A body in pieces of 64 KiB, so that other streams get their turn. */
async function* slices(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < body.length; from += 65_536) yield body.subarray(from, from + 65_536)
}
