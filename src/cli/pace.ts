import { setTimeout as wait } from 'node:timers/promises'
import { wavFormat } from '../../client/sdk/wav-format.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import { bytesPerSecond, type StreamParameters } from '../protocol/parameters.ts'

const CHUNK_SECONDS = 0.1

/**
 * Raw audio at the pace of the clock, 100 ms at a time; that of a WAV by what its header says, which itself counts as a few more samples.
 * @throws EarwitnessError `bad_parameter` for Opus, whose bytes do not tell their time
 */
export async function* inRealTime(
  chunks: AsyncIterable<Uint8Array>,
  parameters: StreamParameters,
): AsyncGenerator<Uint8Array> {
  let pace = bytesPerSecond(parameters)
  if (pace === undefined) {
    throw new EarwitnessError('bad_parameter', `--realtime works for raw audio and WAV, not for ${parameters.encoding}`)
  }
  const started = performance.now()
  let sent = 0
  for await (const chunk of chunks) {
    if (sent === 0) pace = wavFormat(chunk)?.bytesPerSecond || pace
    const most = Math.ceil(pace * CHUNK_SECONDS)
    for (let from = 0; from < chunk.length; from += most) {
      const piece = chunk.subarray(from, from + most)
      sent += piece.length
      yield piece
      const early = (sent / pace) * 1000 - (performance.now() - started)
      if (early > 0) await wait(early)
    }
  }
}
