import { CAPTURE_PROCESSOR, type CaptureMessage, FLUSH } from './capture-messages.ts'
import type { SamplesSink } from './sound-source.ts'

const WORKLET = new URL('capture-worklet.js', import.meta.url)

/** Takes the samples out of an audio graph as they are heard. Owns the worklet's node, not the context. */
export class Capture {
  readonly #node: AudioWorkletNode
  #onSamples: SamplesSink = () => {}
  #onFlushed: () => void = () => {}

  private constructor(context: AudioContext) {
    this.#node = new AudioWorkletNode(context, CAPTURE_PROCESSOR)
    this.#node.port.onmessage = ({ data }: MessageEvent<CaptureMessage>) => {
      if (data === null) this.#onFlushed()
      else this.#onSamples(data)
    }
    // A node that leads nowhere is never run; this one gives silence.
    this.#node.connect(context.destination)
  }

  static async open(context: AudioContext): Promise<Capture> {
    await context.audioWorklet.addModule(WORKLET)
    return new Capture(context)
  }

  /** Hands on everything that `input` plays, mixed to mono, from now on. */
  listen(input: AudioNode, onSamples: SamplesSink): void {
    this.#onSamples = onSamples
    input.connect(this.#node)
  }

  /** Resolves when the last samples have been handed on. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#onFlushed = resolve
      this.#node.port.postMessage(FLUSH)
    })
  }

  close(): void {
    this.#onSamples = () => {}
    this.#node.port.close()
    this.#node.disconnect()
  }
}
