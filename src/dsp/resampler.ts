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

  reset(): void {
    this.#input.fill(0)
    this.#start = -(this.#kernel?.taps ?? 0)
    this.#end = 0
    this.#made = 0
    this.#finished = false
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
  #make({ down, up, taps, first, weights }: ResamplingKernel, wanted: number, onSamples: SampleSink): void {
    let filled = 0
    for (; this.#made < wanted; this.#made += 1) {
      const phase = this.#made % up
      const from = Math.floor(this.#made / up) * down + first[phase]!
      if (from + taps > this.#end) break
      let sum = 0
      const at = from - this.#start
      for (let tap = 0; tap < taps; tap += 1) sum += weights[phase * taps + tap]! * this.#input[at + tap]!
      this.#output[filled] = sum
      filled += 1
    }
    if (filled > 0) onSamples(this.#output.subarray(0, filled))
  }
}
