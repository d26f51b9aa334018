import { HIGHEST_RATE, LOWEST_RATE } from '../../src/protocol/parameters.ts'
import { wavFormat } from '../sdk/wav-format.ts'
import { Capture } from './capture.ts'
import { deviceContext } from './device-context.ts'
import { type SamplesSink, type SoundSource, SourceError } from './sound-source.ts'
import { startContext } from './start-context.ts'

/** A sound file, played aloud; its samples come out as they are heard. */
export class FileSource implements SoundSource {
  readonly name: string
  readonly #context: AudioContext
  readonly #capture: Capture
  readonly #player: AudioBufferSourceNode

  private constructor(name: string, context: AudioContext, capture: Capture, sound: AudioBuffer) {
    this.name = name
    this.#context = context
    this.#capture = capture
    this.#player = new AudioBufferSourceNode(context, { buffer: sound })
    this.#player.connect(context.destination)
  }

  /** Reads and decodes a file. @throws SourceError for what this browser cannot decode, or does not let this page hear. */
  static async open(file: File): Promise<FileSource> {
    if (!isSecureContext) throw new SourceError('Browsers let only pages on https:// or on localhost listen to sound.')
    const bytes = await read(file)
    const context = contextFor(bytes)
    try {
      const sound = await context.decodeAudioData(bytes)
      return new FileSource(file.name, context, await Capture.open(context), sound)
    } catch (cause) {
      await context.close()
      throw new SourceError(`“${file.name}” cannot be decoded. Try WAV, FLAC, MP3, Ogg, Opus or M4A.`, { cause })
    }
  }

  get sampleRate(): number {
    return this.#context.sampleRate
  }

  start(onSamples: SamplesSink, onEnd: () => void): void {
    this.#player.onended = async () => {
      await this.#capture.flush()
      onEnd()
    }
    this.#capture.listen(this.#player, onSamples)
    this.#player.start()
    startContext(this.#context)
  }

  async stop(): Promise<void> {
    this.#player.onended = null
    this.#capture.close()
    await this.#context.close()
  }
}

async function read(file: File): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer()
  } catch (cause) {
    throw new SourceError(`“${file.name}” cannot be read.`, { cause })
  }
}

function contextFor(bytes: ArrayBuffer): AudioContext {
  const rate = wavFormat(new Uint8Array(bytes))?.sampleRate
  if (rate === undefined || rate < LOWEST_RATE || rate > HIGHEST_RATE) return deviceContext()
  return new AudioContext({ sampleRate: rate })
}
