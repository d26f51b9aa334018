import { type Fft, loadFft } from '../../src/dsp/fft.ts'
import { limitsWith } from '../../src/protocol/limits.ts'
import { parseStreamParameters, type StreamRequest } from '../../src/protocol/parameters.ts'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { Scorer } from '../../src/scoring/scorer.ts'
import type { StreamContext } from '../../src/stream/stream-channels.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'

/** The default model in its worker, on one thread. */
export function openDefaultModel(): Promise<LocalScorer> {
  return LocalScorer.open(defaultModelFolder, { provider: 'cpu', scoringSeconds: 20, threads: 1 })
}

export const fft: Fft = await loadFft()

/** What a stream needs; offline, with a clock that stands still, where nothing else is said. */
export function contextOf(
  scorer: Scorer,
  request: StreamRequest = {},
  changes: Partial<StreamContext> = {},
): StreamContext {
  return {
    streamId: 'a-stream',
    parameters: parseStreamParameters(request),
    scorer,
    limits: limitsWith(),
    fft,
    now: () => 0,
    pace: 'offline',
    ...changes,
  }
}
