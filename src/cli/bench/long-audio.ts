import { lastValueFrom, tap } from 'rxjs'
import { loadFft } from '../../dsp/fft.ts'
import { limitsWith } from '../../protocol/limits.ts'
import { parseStreamParameters } from '../../protocol/parameters.ts'
import { Models } from '../../server/models.ts'
import { fileEvents } from '../../stream/file-events.ts'
import { packetsOf } from './packets.ts'
import { Progress } from './progress.ts'
import { recordings } from './recordings.ts'
import { rounded } from './spread.ts'

const NOTE_EVERY_HOURS = 0.25
const MEBIBYTE = 2 ** 20

/** How far one stream has come, and what it took so far. */
export interface AudioCourse {
  readonly hours: number
  readonly cpuSeconds: number
  readonly residentMiB: number
}

/** One stream of so many hours, the recordings over and over, scored in this process as fast as it can. */
export async function courseOfAudio(hours: number): Promise<AudioCourse[]> {
  const packets = (await recordings(undefined)).flatMap((samples) => packetsOf(samples, 's16le'))
  const limits = limitsWith()
  const models = await Models.open(['default'], { provider: 'cpu', scoringSeconds: limits.scoringSeconds })
  const progress = new Progress(`${hours} h of audio in one stream`, hours)
  const course: AudioCourse[] = []
  const began = process.cpuUsage()
  const note = (end: number): void => {
    const heard = end / 3600
    progress.at(heard)
    if (heard < (course.length + 1) * NOTE_EVERY_HOURS) return
    const { user, system } = process.cpuUsage(began)
    const residentMiB = rounded(process.memoryUsage().rss / MEBIBYTE)
    course.push({ hours: rounded(heard), cpuSeconds: rounded((user + system) / 1e6), residentMiB })
  }
  const scorer = models.find(undefined)
  const context = { streamId: 'long', parameters: parseStreamParameters({}), scorer, limits, fft: await loadFft() }
  const events = fileEvents(overAndOver(packets, hours * 3600), { ...context, now: () => performance.now() })
  await lastValueFrom(events.pipe(tap((event) => event.type === 'score' && note(event.end))))
  progress.end()
  await models.close()
  return course
}

/** Packets of 20 ms, for so many seconds. */
async function* overAndOver(packets: readonly Uint8Array[], seconds: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < seconds * 50; at += 1) yield packets[at % packets.length]!
}
