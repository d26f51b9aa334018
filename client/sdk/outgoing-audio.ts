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
  readonly #isContainer: boolean
  readonly #aligner: FrameAligner
  readonly #pending: PendingAudio
  readonly #resumption: Resumption
  #begun = false
  #lostBytes = 0

  /** @param bound bytes that may wait, here and in the socket, at most. */
  constructor(parameters: StreamParameters, bound: number, resumption: Resumption) {
    this.#resumption = resumption
    this.#parameters = parameters
    this.#bound = bound
    this.#frameBytes = frameBytes(parameters)
    this.#isContainer = isContainer(parameters.encoding)
    this.#aligner = new FrameAligner(this.#frameBytes ?? 1)
    this.#pending = new PendingAudio(bound, this.#isContainer ? 'newest' : 'oldest')
  }

  get waitingBytes(): number {
    return this.#pending.bytes
  }

  /** False for the rest of a container, which means nothing to a server that has not read its head. */
  get canStartAnew(): boolean {
    return !(this.#isContainer && this.#begun)
  }

  /** Sends through `socket` if it is open, else keeps. */
  send(audio: Uint8Array | Float32Array, socket: StreamSocket | undefined): { result: SendResult; lost?: LostAudio } {
    const raw = audio instanceof Float32Array ? sampleBytes(audio, this.#parameters.encoding) : audio
    const bytes = this.#aligner.push(raw)
    this.#lostBytes = 0
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
    if (!this.#begun) this.#believeHeader(message)
    this.#begun = true
    socket.sendAudio(message)
    this.#resumption.sentAudio(message)
  }

  /** A WAV may hold more bytes a second than the parameters say: as many more are kept. */
  #believeHeader(start: Uint8Array): void {
    const said = bytesPerSecond(this.#parameters)
    if (said === undefined) return
    const factor = (wavFormat(start)?.bytesPerSecond ?? 0) / said
    if (factor <= 1 || factor > MOST_FACTOR) return
    this.#bound *= factor
    this.#resumption.widen(factor)
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
    const seconds = this.#frameBytes === undefined ? null : bytes / this.#frameBytes / this.#parameters.sampleRate
    return { bytes, seconds }
  }
}
