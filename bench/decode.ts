import opus from '@discordjs/opus'
import { createDecoder } from '../src/audio/create-decoder.ts'
import { limitsWith } from '../src/protocol/limits.ts'

const PACKETS = 20_000

/** Microseconds a 20 ms packet of 16 kHz mono Opus, from message to samples; one line of JSON. */
function main(): void {
  const encoder = new opus.OpusEncoder(16_000, 1)
  const packets = Array.from({ length: 100 }, (_, packet) => {
    const samples = Int16Array.from({ length: 320 }, (_, at) => 8_000 * Math.sin((packet * 320 + at) ** 1.3 * 0.01))
    return Uint8Array.from(encoder.encode(Buffer.from(samples.buffer)))
  })
  const sink = { format() {}, samples() {}, gap() {}, warning() {} }
  const decoder = createDecoder({ encoding: 'opus', sampleRate: 16_000, channels: 1 }, limitsWith(), sink)
  for (const packet of packets) decoder.push(packet)
  const start = performance.now()
  for (let at = 0; at < PACKETS; at++) decoder.push(packets[at % packets.length])
  const microseconds = ((performance.now() - start) * 1_000) / PACKETS
  decoder.close()
  process.stdout.write(`${JSON.stringify({ bench: 'decode', encoding: 'opus', packets: PACKETS, microseconds })}\n`)
}

main()
