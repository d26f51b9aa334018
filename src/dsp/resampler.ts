import { EarwitnessError } from '../protocol/errors.ts'
import { type ResamplingKernel, resamplingKernel } from './resampling-kernel.ts'

/** Receives resampled samples. They are reused after the call: copy to keep. */
export type SampleSink = (samples: Float32Array) => void

/** Input samples taken in one go. */
const BLOCK = 4096

/**
 * A stream of samples from one rate to another, as `torchaudio.transforms.Resample` does it with all of them at once:
 * N samples and a flush give ⌈N · to / from⌉. Any chunking gives the same bits. Holds one filter's reach and a block.
 */
export class Resampler {
  readonly #kernel: ResamplingKernel | undefined
  readonly #input: Float32Array
  readonly #output: Float32Array
  /** Position of the first sample in `#input`; silence stands before the audio. */
  #start: number
  #end = 0
  #made = 0
  #finished = false

  constructor(from: number, to: number) {
    this.#kernel = from === to ? undefined : resamplingKernel(from, to)
    const taps = this.#kernel?.taps ?? 0
    this.#start = -taps
    this.#input = new Float32Array(this.#kernel === undefined ? 0 : 2 * taps + BLOCK)
    this.#output = new Float32Array(this.#kernel === undefined ? 0 : Math.ceil(((BLOCK + taps) * to) / from) + 1)
  }

  /** @throws EarwitnessError `stage_finished` after `flush` */
  push(samples: Float32Array, onSamples: SampleSink): void {
    if (this.#finished) throw new EarwitnessError('stage_finished', 'the resampler has been flushed')
    if (this.#kernel === undefined) {
      if (samples.length > 0) onSamples(samples)
      return
    }
    for (let taken = 0; taken < samples.length; taken += BLOCK) {
      this.#append(samples.subarray(taken, taken + BLOCK))
      this.#make(this.#kernel, Number.POSITIVE_INFINITY, onSamples)
    }
  }

  /** The end of the audio: the outputs that reach beyond it, with silence there. */
  flush(onSamples: SampleSink): void {
    if (this.#finished) throw new EarwitnessError('stage_finished', 'the resampler has been flushed')
    this.#finished = true
    if (this.#kernel === undefined) return
    const wanted = Math.ceil((this.#end * this.#kernel.up) / this.#kernel.down)
    this.#append(new Float32Array(this.#kernel.taps))
    this.#make(this.#kernel, wanted, onSamples)
  }

  /** As new, but the next sample has this number. Returns the number of the first one that comes: none before could be made of what is heard. */
  reset(at = 0): number {
    this.#input.fill(0)
    this.#start = at - (this.#kernel?.taps ?? 0)
    this.#end = at
    this.#made = this.#kernel === undefined || at === 0 ? at : firstMadeFrom(at, this.#kernel)
    this.#finished = false
    return this.#made
  }

  #append(samples: Float32Array): void {
    const held = this.#end - this.#start
    if (held + samples.length > this.#input.length) {
      const keep = this.#kernel!.taps
      this.#input.copyWithin(0, held - keep, held)
      this.#start = this.#end - keep
    }
    this.#input.set(samples, this.#end - this.#start)
    this.#end += samples.length
  }

  /** Every output whose inputs are all there, up to `wanted` of them since the start. */
  #make(kernel: ResamplingKernel, wanted: number, onSamples: SampleSink): void {
    const { down, up, taps, first, weights } = kernel
    const held = this.#end - this.#start
    let phase = this.#made % up
    let block = ((this.#made - phase) / up) * down - this.#start
    let filled = 0
    for (; this.#made + filled < wanted; filled += 1) {
      const at = block + first[phase]!
      if (at + taps > held) break
      this.#output[filled] = weighted(this.#input, at, weights, phase * taps, taps)
      phase += 1
      if (phase < up) continue
      phase = 0
      block += down
    }
    this.#made += filled
    if (filled > 0) onSamples(this.#output.subarray(0, filled))
  }
}

/** The first output that no input before this one is a part of. */
function firstMadeFrom(input: number, { down, up, first }: ResamplingKernel): number {
  let made = Math.floor((input * up) / down)
  while (Math.floor(made / up) * down + first[made % up]! < input) made += 1
  return made
}

/** The sum of `taps` weighted samples, as two sums: each addition waits for the one before it. */
function weighted(samples: Float32Array, at: number, weights: Float32Array, from: number, taps: number): number {
  let even = 0
  let odd = 0
  let tap = 0
  for (; tap + 1 < taps; tap += 2) {
    even += weights[from + tap]! * samples[at + tap]!
    odd += weights[from + tap + 1]! * samples[at + tap + 1]!
  }
  return tap < taps ? even + weights[from + tap]! * samples[at + tap]! + odd : even + odd
}
