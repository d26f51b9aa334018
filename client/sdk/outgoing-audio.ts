import { bytesPerSecond, frameBytes, isContainer, type StreamParameters } from '../../src/protocol/parameters.ts'
import { FrameAligner } from './frame-aligner.ts'
import { PendingAudio } from './pending-audio.ts'
import type { Resumption } from './resumption.ts'
import { sampleBytes } from './sample-bytes.ts'
import type { LostAudio } from './stream-events.ts'
import type { StreamSocket } from './stream-socket.ts'
import { wavFormat } from './wav-format.ts'

/** `sent`: handed to the socket; `queued`: waits for a connection; `refused`: dropped, and told as lost. */
export type SendResult = 'sent' | 'queued' | 'refused'

/** Longer audio is cut into messages of this many bytes, far below a server's bound of 256 KiB. */
const MESSAGE_BYTES = 64 * 1024
/** Of eight channels of 32 bits at 96 kHz to one of 8 bits at 8 kHz. */
const MOST_FACTOR = 384

/** The way of audio from the caller to the socket: encoded, cut into whole frames, and kept while nothing is connected. */
export class OutgoingAudio {
  readonly #parameters: StreamParameters
  #bound: number
  readonly #frameBytes: number | undefined
  /** What comes later means nothing, or something else, without what came first. */
  #needsHead: boolean
  readonly #aligner: FrameAligner
  readonly #pending: PendingAudio
  readonly #resumption: Resumption
  /** Undefined for Opus. */
  #bytesPerSecond: number | undefined
  #isHeadRead = false
  #begun = false
  #lostBytes = 0

  /** @param bound bytes that may wait, here and in the socket, at most. */
  constructor(parameters: StreamParameters, bound: number, resumption: Resumption) {
    this.#resumption = resumption
    this.#parameters = parameters
    this.#bound = bound
    this.#frameBytes = frameBytes(parameters)
    this.#bytesPerSecond = bytesPerSecond(parameters)
    this.#needsHead = isContainer(parameters.encoding)
    this.#aligner = new FrameAligner(this.#frameBytes ?? 1)
    this.#pending = new PendingAudio(bound, this.#needsHead ? 'newest' : 'oldest')
  }

  get waitingBytes(): number {
    return this.#pending.bytes
  }

  /** False for the rest of a container, and of a WAV whose header says otherwise than the parameters: no other server has read it. */
  get canStartAnew(): boolean {
    return !(this.#needsHead && this.#begun)
  }

  /** Sends through `socket` if it is open, else keeps. */
  send(audio: Uint8Array | Float32Array, socket: StreamSocket | undefined): { result: SendResult; lost?: LostAudio } {
    const raw = audio instanceof Float32Array ? sampleBytes(audio, this.#parameters.encoding) : audio
    const bytes = this.#aligner.push(raw)
    this.#lostBytes = 0
    if (!this.#isHeadRead && bytes.length > 0) this.#believeHeader(bytes)
    let result: SendResult = socket?.isOpen ? 'sent' : 'queued'
    for (const message of this.#messages(bytes)) {
      if (!this.#pass(message, socket)) result = 'refused'
    }
    return this.#lostBytes === 0 ? { result } : { result, lost: this.#lost() }
  }

  /** Sends all that waits. */
  flush(socket: StreamSocket): void {
    for (const message of this.#pending.take()) this.#transmit(message, socket)
  }

  #pass(message: Uint8Array<ArrayBuffer>, socket: StreamSocket | undefined): boolean {
    if (!socket?.isOpen) {
      const dropped = this.#pending.push(message)
      this.#lostBytes += dropped
      return dropped === 0
    }
    if (socket.bufferedBytes + message.length > this.#bound) {
      this.#lostBytes += message.length
      return false
    }
    this.#transmit(message, socket)
    return true
  }

  #transmit(message: Uint8Array<ArrayBuffer>, socket: StreamSocket): void {
    this.#begun = true
    socket.sendAudio(message)
    this.#resumption.sentAudio(message)
  }

  /** A WAV may hold other samples than the parameters say, and the server believes it. */
  #believeHeader(start: Uint8Array): void {
    this.#isHeadRead = true
    const said = this.#bytesPerSecond
    const format = wavFormat(start)
    if (said === undefined || format === undefined) return
    if (format.bytesPerSecond !== said || format.sampleRate !== this.#parameters.sampleRate) this.#needHead()
    const factor = format.bytesPerSecond / said
    if (factor > 0 && factor <= MOST_FACTOR) this.#quicken(format.bytesPerSecond, factor)
  }

  /** As many more bytes are kept as a second has more. */
  #quicken(bytesPerSecond: number, factor: number): void {
    this.#bytesPerSecond = bytesPerSecond
    if (factor <= 1) return
    this.#bound *= factor
    this.#resumption.widen(factor)
  }

  #needHead(): void {
    this.#needsHead = true
    this.#pending.dropping = 'newest'
  }

  *#messages(bytes: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
    if (this.#parameters.encoding === 'opus') {
      yield bytes
      return
    }
    const step = MESSAGE_BYTES - (MESSAGE_BYTES % (this.#frameBytes ?? 1))
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
  }

  #lost(): LostAudio {
    const bytes = this.#lostBytes
    return { bytes, seconds: this.#bytesPerSecond === undefined ? null : bytes / this.#bytesPerSecond }
  }
}
