import { samplesOf } from './sounds.ts'

/** s16le mono at 16 kHz as another encoding: every second sample for µ-law at 8 kHz, later channels ever quieter. */
export function samplesAs(encoding: 'f32le' | 'mulaw', bytes: Uint8Array, channels: number): Uint8Array {
  const samples = samplesOf(bytes)
  if (encoding === 'mulaw') return Uint8Array.from({ length: samples.length / 2 }, (_, at) => muLaw(samples[2 * at]!))
  const interleaved = Float32Array.from({ length: samples.length * channels }, (_, at) => {
    return samples[Math.floor(at / channels)]! / 2 ** (at % channels)
  })
  return new Uint8Array(interleaved.buffer)
}

/** G.711 µ-law of a sample of full scale ±1, by the formula of the continuous curve. */
function muLaw(sample: number): number {
  const magnitude = Math.round((127 * Math.log1p(255 * Math.min(1, Math.abs(sample)))) / Math.log(256))
  return ~((sample < 0 ? 0x80 : 0) | magnitude) & 0xff
}
