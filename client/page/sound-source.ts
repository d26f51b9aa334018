/** Receives mono samples, full scale ±1. The array is the receiver's own. */
export type SamplesSink = (samples: Float32Array) => void

/** A sound that can be listened to, once. */
export interface SoundSource {
  /** For the user: "microphone", a file's name, "browser tab". */
  readonly name: string
  /** Hertz. */
  readonly sampleRate: number
  /** Starts the sound. `onEnd` is called when it ends by itself, after its last samples. */
  start(onSamples: SamplesSink, onEnd: () => void): void
  /** Ends the sound and frees the device. */
  stop(): Promise<void>
}

/** A source that cannot be opened. The message is a whole sentence for the user. */
export class SourceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SourceError'
  }
}
