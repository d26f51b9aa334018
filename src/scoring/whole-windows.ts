import { batchMemory } from './batch-memory.ts'
import type { Batch, ScoredBatch } from './inference-thread.ts'
import type { ModelManifest } from './model-manifest.ts'
import type { ScoredWindow } from './scorer.ts'
import type { WaitingWindow, WindowModel } from './window-model.ts'
import { padWindow } from './window-padding.ts'
import { windowStart } from './window-start.ts'

/** Windows for a model that knows nothing of the ones before: each is copied once, into its batch, when the model is free. */
export class WholeWindows implements WindowModel {
  readonly #manifest: ModelManifest
  readonly #run: (batch: Batch) => Promise<ScoredBatch>
  #spare: ArrayBuffer | undefined

  constructor(manifest: ModelManifest, run: (batch: Batch) => Promise<ScoredBatch>) {
    this.#manifest = manifest
    this.#run = run
  }

  async score(windows: readonly WaitingWindow[]): Promise<readonly (ScoredWindow | undefined)[]> {
    const isHeld = ({ source, end }: WaitingWindow): boolean => source.oldest <= windowStart(end, this.#manifest)
    const held = windows.filter(isHeld)
    if (held.length === 0) return windows.map(() => undefined)
    const places = windows.map((window) => held.indexOf(window))
    const frames = batchMemory(held.length * this.#windowValues, this.#spare)
    this.#spare = undefined
    const lengths = held.map((window, place) => this.#copy(window, frames, place))
    const scored = await this.#run({ frames, lengths })
    this.#spare = scored.frames
    return places.map((place) => (place < 0 ? undefined : { fakeLogit: scored.fakeLogits[place]! }))
  }

  get #windowValues(): number {
    return this.#manifest.input.frames * this.#manifest.frontend.melBins
  }

  #copy({ source, end }: WaitingWindow, memory: ArrayBuffer, place: number): number {
    const frames = new Float32Array(memory, place * this.#windowValues * 4, this.#windowValues)
    const start = windowStart(end, this.#manifest)
    source.copy(start, end, frames, 0)
    padWindow(frames, end - start, this.#manifest)
    return end - start
  }
}
