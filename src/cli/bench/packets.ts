import opus from '@discordjs/opus'

/** Samples of a packet of 20 ms at 16 kHz. */
export const PACKET_SAMPLES = 320

export type PacketEncoding = 's16le' | 'opus'

/** Messages of 20 ms each from 16 kHz mono samples; what is left at the end is dropped. */
export function packetsOf(samples: Float32Array, encoding: PacketEncoding): Uint8Array[] {
  const encode = encoding === 'opus' ? opusEncoder() : (bytes: Buffer): Uint8Array => bytes
  return Array.from({ length: Math.floor(samples.length / PACKET_SAMPLES) }, (_, packet) => {
    const bytes = Buffer.alloc(PACKET_SAMPLES * 2)
    for (let at = 0; at < PACKET_SAMPLES; at += 1) {
      const sample = samples[packet * PACKET_SAMPLES + at]! * 32_767
      bytes.writeInt16LE(Math.round(Math.max(-32_768, Math.min(32_767, sample))), at * 2)
    }
    return encode(bytes)
  })
}

function opusEncoder(): (bytes: Buffer) => Uint8Array {
  const encoder = new opus.OpusEncoder(16_000, 1)
  return (bytes) => Uint8Array.from(encoder.encode(bytes))
}
