import { createDecoder } from '../../audio/create-decoder.ts'
import { limitsWith } from '../../protocol/limits.ts'
import { inTurns, microsecondsEach } from './in-turns.ts'
import { noise } from './noise.ts'
import { type PacketEncoding, packetsOf } from './packets.ts'
import type { Spread } from './spread.ts'

const SECONDS = 2

export interface DecodeReport {
  readonly bench: 'decode'
  /** Of 20 ms, 16 kHz, mono: from message to samples. */
  readonly packetMicroseconds: Record<PacketEncoding, Spread>
}

export async function benchDecode({ packets, rounds }: { packets: number; rounds: number }): Promise<DecodeReport> {
  const measure = (encoding: PacketEncoding) => (): number => decodingTime(encoding, packets)
  const packetMicroseconds = await inTurns('decoding', rounds, { s16le: measure('s16le'), opus: measure('opus') })
  return { bench: 'decode', packetMicroseconds }
}

function decodingTime(encoding: PacketEncoding, count: number): number {
  const messages = packetsOf(noise(SECONDS * 16_000), encoding)
  const sink = { format() {}, samples() {}, gap() {}, warning() {} }
  const decoder = createDecoder({ encoding, sampleRate: 16_000, channels: 1 }, limitsWith(), sink)
  try {
    return microsecondsEach(count, () => {
      for (let at = 0; at < count; at += 1) decoder.push(messages[at % messages.length]!)
    })
  } finally {
    decoder.close()
  }
}
