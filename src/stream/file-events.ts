import { from, type Observable } from 'rxjs'
import type { ServerEvent } from '../protocol/events.ts'
import type { StreamInput } from './live-stream.ts'
import type { StreamContext } from './stream-channels.ts'
import { streamEvents } from './stream-events.ts'

/**
 * The events of audio that is all there, through the same pipe as live audio: it is read only as fast as it is
 * scored, and no window is skipped. Unsubscribing ends the reading.
 */
export function fileEvents(
  chunks: AsyncIterable<Uint8Array>,
  context: Omit<StreamContext, 'pace'>,
): Observable<ServerEvent> {
  return streamEvents(from(oneAtATime(chunks, context.now)), { ...context, pace: 'offline' })
}

async function* oneAtATime(chunks: AsyncIterable<Uint8Array>, now: () => number): AsyncGenerator<StreamInput> {
  for await (const bytes of chunks) {
    const { promise, resolve } = gate()
    yield { kind: 'audio', bytes, arrivedMs: now(), taken: resolve }
    await promise
  }
}

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((open) => {
    resolve = open
  })
  return { promise, resolve }
}
