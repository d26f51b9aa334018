import type { Batch, ScoredBatch } from './inference-thread.ts'
import type { ModelManifest } from './model-manifest.ts'
import type { WindowSource } from './scorer.ts'
import type { WindowBatch, WindowModel } from './window-batch.ts'
import { padWindow } from './window-padding.ts'
import { windowStart } from './window-start.ts'

/** Windows for a model that knows nothing of the ones before: each is copied as it comes, once, into its batch. */
export class WholeWindows implements WindowModel {
  readonly #manifest: ModelManifest
  readonly #maxBatch: number
  readonly #run: (batch: Batch) => Promise<ScoredBatch>
  #spare: ArrayBuffer | undefined

  constructor(manifest: ModelManifest, maxBatch: number, run: (batch: Batch) => Promise<ScoredBatch>) {
    this.#manifest = manifest
    this.#maxBatch = maxBatch
    this.#run = run
  }

  openBatch(): WindowBatch {
    const frames = this.#takeMemory()
    const lengths: number[] = []
    return {
      put: (place, _, window) => {
        lengths[place] = this.#copy(window, frames, place)
      },
      run: async () => {
        const scored = await this.#run({ frames, lengths })
        this.#spare ??= scored.frames
        return scored.fakeLogits.map((fakeLogit) => ({ fakeLogit }))
      },
    }
  }

  get #windowValues(): number {
    return this.#manifest.input.frames * this.#manifest.frontend.melBins
  }

  #takeMemory(): ArrayBuffer {
    const memory = this.#spare ?? new ArrayBuffer(this.#maxBatch * this.#windowValues * 4)
    this.#spare = undefined
    return memory
  }

  #copy(window: WindowSource, memory: ArrayBuffer, place: number): number {
    const frames = new Float32Array(memory, place * this.#windowValues * 4, this.#windowValues)
    const end = window.count
    const start = windowStart(end, this.#manifest)
    window.copy(start, end, frames, 0)
    padWindow(frames, end - start, this.#manifest)
    return end - start
  }
}
