import { EarwitnessError } from '../protocol/errors.ts'
import { ByteQueue } from './byte-queue.ts'
import { readWavFormat, type WavHeader } from './wav-header.ts'

const MAX_HEADER_BYTES = 1_048_576
const MAX_FORMAT_BYTES = 1_024
const UNKNOWN_SIZE = 0xffff_ffff

const text = (bytes: Uint8Array, from: number) => String.fromCharCode(...bytes.subarray(from, from + 4))

/** True or false once the bytes tell whether a WAV begins here; undefined while they could be the start of one. */
export function beginsWav(bytes: Uint8Array): boolean | undefined {
  const fits = (magic: string, from: number) =>
    [...magic].every((letter, index) => from + index >= bytes.length || bytes[from + index] === letter.charCodeAt(0))
  if (!(fits('RIFF', 0) || fits('RF64', 0)) || !fits('WAVE', 8)) return false
  return bytes.length >= 12 ? true : undefined
}

/** Finds the audio in the bytes of a WAV from their first one on. Keeps no more than a `fmt ` chunk. */
export class WavChunks {
  readonly #queue = new ByteQueue()
  readonly #onAudio: (bytes: Uint8Array) => void
  readonly #onHeader: (header: WavHeader, headerBytes: number, audioBytes: number) => void
  #header: WavHeader | undefined
  #sizeOf64 = Number.POSITIVE_INFINITY
  #skip = 12
  #audioLeft = 0
  #inData = false
  #headerBytes = 0

  /** @param onHeader also gets the bytes before the audio, and those of the audio, without end where the file does not tell */
  constructor(
    onHeader: (header: WavHeader, headerBytes: number, audioBytes: number) => void,
    onAudio: (bytes: Uint8Array) => void,
  ) {
    this.#onHeader = onHeader
    this.#onAudio = onAudio
  }

  /** True until the first byte of audio could be read. */
  get inHeader(): boolean {
    return !this.#inData
  }

  /** @throws EarwitnessError `unsupported_audio` */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.#inData) at += this.#headerPart(bytes.subarray(at))
    const audio = Math.min(bytes.length - at, this.#audioLeft)
    if (audio <= 0) return
    this.#onAudio(bytes.subarray(at, at + audio))
    this.#audioLeft -= audio
  }

  /** Takes what completes the chunk header or body at hand, and gives how many bytes that was. */
  #headerPart(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#skip > 0 ? this.#skip : this.#missing())
    if (this.#skip > 0) this.#skip -= taken
    else this.#queue.append(bytes.subarray(0, taken))
    this.#headerBytes += taken
    if (this.#headerBytes > MAX_HEADER_BYTES) {
      throw new EarwitnessError('unsupported_audio', `no audio in the first ${MAX_HEADER_BYTES} bytes of this WAV`)
    }
    if (this.#skip === 0 && this.#queue.length > 0 && this.#missing() === 0) this.#chunk()
    return taken
  }

  #missing(): number {
    const { waiting } = this.#queue
    return waiting.length < 8 ? 8 - waiting.length : 8 + this.#wanted(waiting) - waiting.length
  }

  /** How many bytes of the body of the chunk at hand are read rather than skipped. */
  #wanted(chunk: Uint8Array): number {
    const size = sizeOf(chunk)
    const name = text(chunk, 0)
    if (name === 'fmt ') return Math.min(size, MAX_FORMAT_BYTES)
    return name === 'ds64' ? Math.min(size, 16) : 0
  }

  #chunk(): void {
    const chunk = this.#queue.waiting
    const [name, size] = [text(chunk, 0), sizeOf(chunk)]
    const body = chunk.subarray(8)
    if (name === 'data') this.#beginData(size)
    if (name === 'fmt ') this.#header = readWavFormat(body)
    if (name === 'ds64' && body.length === 16) {
      this.#sizeOf64 = Number(new DataView(body.buffer, body.byteOffset, 16).getBigUint64(8, true))
    }
    this.#skip = size + (size % 2) - body.length
    this.#queue.drop(chunk.length)
  }

  #beginData(size: number): void {
    if (this.#header === undefined) {
      throw new EarwitnessError('unsupported_audio', 'this WAV has audio before its "fmt " chunk')
    }
    const known = size === UNKNOWN_SIZE ? this.#sizeOf64 : size
    this.#audioLeft = known === 0 ? Number.POSITIVE_INFINITY : known
    this.#inData = true
    this.#onHeader(this.#header, this.#headerBytes, this.#audioLeft)
  }
}

function sizeOf(chunk: Uint8Array): number {
  return new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength).getUint32(4, true)
}
