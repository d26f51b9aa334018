import opus from '@discordjs/opus'

/** s16le at 16 kHz mono as raw Opus packets of 20 ms. */
export function opusPackets(samples: Uint8Array): Uint8Array[] {
  const encoder = new opus.OpusEncoder(16_000, 1)
  return Array.from({ length: Math.floor(samples.length / 640) }, (_, packet) =>
    Uint8Array.from(encoder.encode(Buffer.from(samples.slice(packet * 640, (packet + 1) * 640)))),
  )
}
