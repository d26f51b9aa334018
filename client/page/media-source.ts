import { Capture } from './capture.ts'
import { deviceContext } from './device-context.ts'
import type { SamplesSink, SoundSource } from './sound-source.ts'
import { startContext } from './start-context.ts'

/** Live sound from the browser: a microphone or a shared tab. Owns the tracks and stops them. */
export class MediaSource implements SoundSource {
  readonly name: string
  readonly #media: MediaStream
  readonly #context: AudioContext
  readonly #capture: Capture

  private constructor(name: string, media: MediaStream, context: AudioContext, capture: Capture) {
    this.name = name
    this.#media = media
    this.#context = context
    this.#capture = capture
  }

  static async open(name: string, media: MediaStream): Promise<MediaSource> {
    let context: AudioContext | undefined
    try {
      context = deviceContext()
      return new MediaSource(name, media, context, await Capture.open(context))
    } catch (thrown) {
      for (const track of media.getTracks()) track.stop()
      await context?.close()
      throw thrown
    }
  }

  get sampleRate(): number {
    return this.#context.sampleRate
  }

  start(onSamples: SamplesSink, onEnd: () => void): void {
    const [track] = this.#media.getAudioTracks()
    track.addEventListener('ended', onEnd)
    this.#capture.listen(this.#context.createMediaStreamSource(this.#media), onSamples)
    startContext(this.#context)
  }

  async stop(): Promise<void> {
    for (const track of this.#media.getTracks()) track.stop()
    this.#capture.close()
    await this.#context.close()
  }
}
