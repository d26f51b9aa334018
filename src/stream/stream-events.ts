import {
  catchError,
  concat,
  concatMap,
  defer,
  filter,
  finalize,
  from,
  map,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  of,
  queueScheduler,
  subscribeOn,
} from 'rxjs'
import { asEarwitnessError } from '../protocol/errors.ts'
import type { ServerEvent } from '../protocol/events.ts'
import type { StreamParameters } from '../protocol/parameters.ts'
import { LiveStream, type StreamInput } from './live-stream.ts'
import type { StreamContext } from './stream-channels.ts'

/**
 * One stream from bytes to events, in the order: `ready`, what is found in the audio, `summary` on completion.
 * A stream that cannot go on ends with a fatal `error` event. Unsubscribing frees the decoder and drops what waits.
 */
export function streamEvents(inputs: Observable<StreamInput>, context: StreamContext): Observable<ServerEvent> {
  return defer(() => {
    const stream = new LiveStream(context)
    const steps = concat(
      from(stream.begin()),
      inputs.pipe(
        filter((input) => !stream.takeAtOnce(input)),
        map(kept),
        oneAfterAnother((input) => stream.take(input)),
      ),
      defer(() => stream.end()),
    )
    return concat(of(stream.ready()), steps.pipe(oneAfterAnother((step) => stream.tell(step)))).pipe(
      finalize(() => stream.close()),
    )
  }).pipe(
    catchError((thrown) => of(fatal(thrown))),
    filter(wanted(context.parameters)),
  )
}

/** An input that waits for its turn, its bytes no longer those of the caller. */
function kept(input: StreamInput): StreamInput {
  return input.kind === 'audio' ? { ...input, bytes: new Uint8Array(input.bytes) } : input
}

/** `concatMap`, but what waited begins after the end of the one before it, not inside of it: the stack stays flat. */
function oneAfterAnother<In, Out>(make: (value: In) => ObservableInput<Out>): OperatorFunction<In, Out> {
  return concatMap((value) => defer(() => make(value)).pipe(subscribeOn(queueScheduler)))
}

function fatal(thrown: unknown): ServerEvent {
  const { code, message } = asEarwitnessError(thrown)
  return { type: 'error', code, message, fatal: true }
}

/** Whether a client that asked for these kinds of events is told of one. */
export function wanted(parameters: StreamParameters): (event: ServerEvent) => boolean {
  const kinds = parameters.events && new Set<string>(['ready', 'error', 'ack', 'draining', ...parameters.events])
  return (event) => kinds === undefined || kinds.has(event.type)
}
