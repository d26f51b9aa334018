import { CAPTURE_PROCESSOR, type CaptureMessage, FLUSH } from './capture-messages.ts'

declare const sampleRate: number
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void

const BLOCK_SECONDS = 0.04

/** Runs on the audio thread: mixes its input to mono and hands it to the page in blocks of 40 ms. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #blockSamples = Math.round(sampleRate * BLOCK_SECONDS)
  #block = new Float32Array(this.#blockSamples)
  #filled = 0

  constructor() {
    super()
    this.port.onmessage = ({ data }) => {
      if (data === FLUSH) this.#flush()
    }
  }

  process([channels]: readonly (readonly Float32Array[])[]): boolean {
    const length = channels[0]?.length ?? 0
    for (let i = 0; i < length; i++) {
      let sum = 0
      for (const channel of channels) sum += channel[i]
      this.#block[this.#filled++] = sum / channels.length
      if (this.#filled === this.#blockSamples) this.#post()
    }
    return true
  }

  #flush(): void {
    if (this.#filled > 0) this.#post()
    this.port.postMessage(null satisfies CaptureMessage)
  }

  /** The block's memory goes to the page; the next block gets its own. */
  #post(): void {
    const samples: CaptureMessage = this.#block.subarray(0, this.#filled)
    this.port.postMessage(samples, [samples.buffer])
    this.#block = new Float32Array(this.#blockSamples)
    this.#filled = 0
  }
}

registerProcessor(CAPTURE_PROCESSOR, CaptureProcessor)
