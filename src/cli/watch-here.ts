import { randomUUID } from 'node:crypto'
import { fromEvent, lastValueFrom, takeUntil, tap } from 'rxjs'
import { loadFft } from '../dsp/fft.ts'
import { limitsWith } from '../protocol/limits.ts'
import { Models } from '../server/models.ts'
import { fileEvents } from '../stream/file-events.ts'
import { audioInput } from './audio-input.ts'
import { streamParametersFrom } from './options.ts'
import { inRealTime } from './pace.ts'
import { readerGone } from './reader-gone.ts'
import type { Renderer } from './renderer.ts'
import type { WatchFlags } from './watch.ts'

/** Scores a source in this process, through the same pipe as a server's. Says what ended it early. */
export async function watchHere(source: string, flags: WatchFlags, renderer: Renderer): Promise<string | undefined> {
  const limits = limitsWith()
  const asked = streamParametersFrom({ ...flags, model: undefined })
  const audio = await audioInput(source, flags.encoding === undefined ? undefined : asked.encoding)
  const parameters = { ...asked, encoding: audio.encoding }
  const models = await Models.open([flags.model], { provider: flags.provider, scoringSeconds: limits.scoringSeconds })
  try {
    const chunks = flags.realtime === true ? inRealTime(audio.chunks, parameters) : audio.chunks
    const context = { streamId: randomUUID(), parameters, scorer: models.find(undefined), limits, fft: await loadFft() }
    let failure: string | undefined
    const events = fileEvents(chunks, { ...context, now: () => performance.now() }).pipe(
      tap((event) => {
        if (event.type === 'error' && event.fatal) failure = `${event.code}: ${event.message}`
        renderer.show(event)
      }),
      takeUntil(fromEvent(readerGone, 'abort')),
    )
    await lastValueFrom(events, { defaultValue: undefined })
    return failure
  } finally {
    await models.close()
  }
}
