import opus from '@discordjs/opus'

/** Opus is decoded straight to the models' rate, in hertz: cheaper than 48 kHz and a resampler after it. */
export const OPUS_RATE = 16_000

const RESET_STATE = 4_028
const MAX_IDLE = 64
const FULL_SCALE = 32_768

const idle = new Map<number, opus.OpusEncoder[]>()

/**
 * libopus for one stream. The binding frees its memory only when the garbage collector comes by, and the collector
 * does not see that memory; so a closed decoder is reset and kept for the next stream, 64 for each channel count at most.
 */
export class NativeOpus {
  readonly channels: number
  #native: opus.OpusEncoder | undefined

  constructor(channels: number) {
    this.channels = channels
    this.#native = idle.get(channels)?.pop() ?? new opus.OpusEncoder(OPUS_RATE, channels)
  }

  /**
   * Writes one packet's samples into the planes, full scale ±1, and gives how many a channel.
   * @throws Error where libopus rejects the packet
   */
  decode(packet: Uint8Array, planes: readonly Float32Array[]): number {
    if (this.#native === undefined) throw new Error('this decoder is closed')
    const bytes = this.#native.decode(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const samples = bytes.length / 2 / this.channels
    planes.forEach((plane, channel) => {
      const held = Math.min(samples, plane.length)
      for (let index = 0; index < held; index++) {
        plane[index] = view.getInt16(2 * (index * this.channels + channel), true) / FULL_SCALE
      }
    })
    return samples
  }

  close(): void {
    const native = this.#native
    if (native === undefined) return
    this.#native = undefined
    const waiting = idle.get(this.channels) ?? []
    idle.set(this.channels, waiting)
    if (waiting.length >= MAX_IDLE) return
    native.applyDecoderCTL(RESET_STATE, 0)
    waiting.push(native)
  }
}
