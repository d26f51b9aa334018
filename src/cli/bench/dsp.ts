import { loadFft, type RealFft } from '../../dsp/fft.ts'
import type { FrontEnd } from '../../dsp/front-end.ts'
import { createFrontEnd, TORCHAUDIO_MEL } from '../../dsp/front-ends.ts'
import { Resampler } from '../../dsp/resampler.ts'
import { type GoldenDifferences, goldenDifferences } from './golden.ts'
import { inTurns, type Measure, microsecondsEach } from './in-turns.ts'
import { noise } from './noise.ts'
import { rounded, type Spread } from './spread.ts'
import { Torchaudio } from './torchaudio.ts'

const MODEL_RATE = 16_000
const HIGH_RATE = 48_000
const PACKET_SECONDS = 0.02

export interface DspOptions {
  /** Of audio, in each round. */
  readonly seconds: number
  readonly rounds: number
}

/** Microseconds; of a frame, a transform, or a second of audio. */
export interface DspReport {
  readonly bench: 'dsp'
  readonly seconds: number
  readonly melFrameMicroseconds: { earwitness: Spread; torchaudio: Spread | null; ratio: number | null }
  readonly fft2048Microseconds: Spread
  readonly resample48To16MicrosecondsPerSecond: { earwitness: Spread; torchaudio: Spread | null; ratio: number | null }
  readonly torchaudio: unknown
  readonly differenceToTorchaudio: GoldenDifferences | null
}

/** Our stream, 20 ms at a time, beside torchaudio with all of the audio at once; one thread each. */
export async function benchDsp({ seconds, rounds }: DspOptions): Promise<DspReport> {
  const fft = await loadFft()
  const [low, high] = [noise(seconds * MODEL_RATE), noise(seconds * HIGH_RATE)]
  const frontEnd = createFrontEnd(TORCHAUDIO_MEL, fft)
  const frames = Math.floor(low.length / frontEnd.hopSamples) + 1
  const peer = await Torchaudio.start(low, high)
  const theirs = (kind: 'mel' | 'resample', count: number): Record<string, Measure> =>
    'round' in peer ? { torchaudio: async () => ((await peer.round(kind)) * 1e6) / count } : {}
  try {
    const mel: Record<string, Spread> = await inTurns('mel frames, with torchaudio in turns', rounds, {
      earwitness: () => microsecondsEach(frames, () => streamed(frontEnd, low, MODEL_RATE)),
      fft: () => transforms(fft.real(2048), frames),
      ...theirs('mel', frames),
    })
    const resampler = new Resampler(HIGH_RATE, MODEL_RATE)
    const resample: Record<string, Spread> = await inTurns('resampling, with torchaudio in turns', rounds, {
      earwitness: () => microsecondsEach(seconds, () => streamed(resampler, high, HIGH_RATE)),
      ...theirs('resample', seconds),
    })
    return {
      bench: 'dsp',
      seconds,
      melFrameMicroseconds: beside(mel),
      fft2048Microseconds: mel.fft!,
      resample48To16MicrosecondsPerSecond: beside(resample),
      torchaudio: 'versions' in peer ? peer.versions : peer,
      differenceToTorchaudio: goldenDifferences(fft),
    }
  } finally {
    if ('stop' in peer) await peer.stop()
  }
}

/** `ratio`: how many times longer torchaudio takes. */
function beside(found: Record<string, Spread>): DspReport['melFrameMicroseconds'] {
  const { earwitness, torchaudio = null } = found as { earwitness: Spread; torchaudio?: Spread }
  return { earwitness, torchaudio, ratio: torchaudio && rounded(torchaudio.median / earwitness.median) }
}

function streamed(stage: FrontEnd | Resampler, samples: Float32Array, rate: number): void {
  const packet = rate * PACKET_SECONDS
  const ignore = (): void => {}
  stage.reset()
  for (let from = 0; from < samples.length; from += packet) stage.push(samples.subarray(from, from + packet), ignore)
  stage.flush(ignore)
}

function transforms(fft: RealFft, count: number): number {
  fft.input.set(noise(fft.size))
  return microsecondsEach(count, () => {
    for (let turn = 0; turn < count; turn += 1) fft.transform()
  })
}
