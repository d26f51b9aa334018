import { setImmediate as nextTurn } from 'node:timers/promises'
import { lastValueFrom } from 'rxjs'
import type { Fft } from '../dsp/fft.ts'
import type { Limits } from '../protocol/limits.ts'
import { parseStreamParameters } from '../protocol/parameters.ts'
import type { Scorer, WindowSource } from '../scoring/scorer.ts'
import { fileEvents } from '../stream/file-events.ts'

/** What a stream costs, in seconds of a thread. */
export interface Cost {
  /** Of the model's thread, for one window among others. */
  readonly perWindow: number
  /** Of the event loop, for one second of one channel. */
  readonly perAudioSecond: number
}

/** Rounds of a fifth of a second: enough of them that the code is compiled by the last. */
const AUDIO_ROUNDS = 50
const ROUND_SECONDS = 0.2
const WINDOW_ROUNDS = 8
const COMPANY = 16
const HOP_FRAMES = 50
/** A model that takes longer than this for its first window is not asked for more. */
const PATIENCE_SECONDS = 0.2
const RATE = 16_000

/** Measures both parts with noise; the shortest of a few rounds counts, for others may use the machine meanwhile. */
export async function measureCost(scorer: Scorer, limits: Limits, fft: Fft): Promise<Cost> {
  return { perAudioSecond: await secondsOfAudio(scorer, limits, fft), perWindow: await secondsOfWindow(scorer) }
}

/** Noise is no speech, so that no window of it reaches the model: what is left is decoding, frames and the gate. */
async function secondsOfAudio(scorer: Scorer, limits: Limits, fft: Fft): Promise<number> {
  const parameters = parseStreamParameters({})
  const rounds: number[] = []
  async function* audio(): AsyncGenerator<Uint8Array> {
    for (let round = 0; round < AUDIO_ROUNDS; round += 1) {
      const bytes = noiseBytes(RATE * ROUND_SECONDS)
      const started = performance.now()
      yield bytes
      rounds.push((performance.now() - started) / 1000 / ROUND_SECONDS)
      await nextTurn()
    }
  }
  const context = { streamId: 'capacity', parameters, scorer, limits, fft, now: () => performance.now() }
  await lastValueFrom(fileEvents(audio(), context))
  return Math.min(...rounds)
}

async function secondsOfWindow(scorer: Scorer): Promise<number> {
  const { frames } = scorer.manifest.input
  const source = noiseFrames(frames + (WINDOW_ROUNDS + 1) * HOP_FRAMES, scorer.manifest.frontend.melBins)
  const scoreOne = () => scorer.score({}, source(frames))
  const alone = await secondsOf(scoreOne)
  // Once more: a busy moment would stay in the way of streams for as long as the server runs.
  if (alone > PATIENCE_SECONDS) return Math.min(alone, await secondsOf(scoreOne))
  const channels = Array.from({ length: COMPANY }, () => ({}))
  const scoreAll = (count: number) => Promise.all(channels.map((channel) => scorer.score(channel, source(count))))
  await scoreAll(frames)
  const rounds: number[] = []
  for (let round = 1; round <= WINDOW_ROUNDS; round += 1) {
    rounds.push((await secondsOf(() => scoreAll(frames + round * HOP_FRAMES))) / COMPANY)
  }
  return Math.min(...rounds)
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

function noiseBytes(samples: number): Uint8Array {
  return new Uint8Array(Int16Array.from({ length: samples }, () => (Math.random() - 0.5) * 8_000).buffer)
}

/** A channel of noise that has come as far as the count asked for. */
function noiseFrames(frames: number, melBins: number): (count: number) => WindowSource {
  const noise = Float32Array.from({ length: frames * melBins }, () => Math.random() - 0.5)
  return (count) => ({
    count,
    oldest: 0,
    copy: (first, end, target, offset) => target.set(noise.subarray(first * melBins, end * melBins), offset),
  })
}
