import { setTimeout as wait } from 'node:timers/promises'
import { wavFormat } from '../../client/sdk/wav-format.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import { SAMPLE_BYTES, type StreamParameters } from '../protocol/parameters.ts'

const CHUNK_SECONDS = 0.1

/**
 * Raw audio at the pace of the clock, 100 ms at a time; that of a WAV by what its header says, which itself counts as a few more samples.
 * @throws EarwitnessError `bad_parameter` for Opus, whose bytes do not tell their time
 */
export async function* inRealTime(
  chunks: AsyncIterable<Uint8Array>,
  parameters: StreamParameters,
): AsyncGenerator<Uint8Array> {
  const { encoding, sampleRate, channels } = parameters
  const sampleBytes = SAMPLE_BYTES[encoding]
  if (sampleBytes === undefined) {
    throw new EarwitnessError('bad_parameter', `--realtime works for raw audio and WAV, not for ${encoding}`)
  }
  let bytesPerSecond = sampleBytes * sampleRate * channels
  const started = performance.now()
  let sent = 0
  for await (const chunk of chunks) {
    if (sent === 0) bytesPerSecond = wavFormat(chunk)?.bytesPerSecond || bytesPerSecond
    const most = Math.ceil(bytesPerSecond * CHUNK_SECONDS)
    for (let from = 0; from < chunk.length; from += most) {
      const piece = chunk.subarray(from, from + most)
      sent += piece.length
      yield piece
      const early = (sent / bytesPerSecond) * 1000 - (performance.now() - started)
      if (early > 0) await wait(early)
    }
  }
}
