import { MU_LAW } from '../../src/audio/g711.ts'
import { Resampler } from '../../src/dsp/resampler.ts'

/** s16le at 16 kHz mono as samples, full scale ±1. */
export function samplesOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: bytes.length >> 1 }, (_, at) => view.getInt16(2 * at, true) / 32_768)
}

export function tone(hertz: number, seconds: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: seconds * 16_000 },
    (_, at) => amplitude * Math.sin((2 * Math.PI * hertz * at) / 16_000),
  )
}

/** White noise, the same for the same seed. */
export function noise(seed: number, seconds: number, amplitude = 0.5): Float32Array {
  let state = seed | 0
  return Float32Array.from({ length: seconds * 16_000 }, () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return amplitude * (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1)
  })
}

/** µ-law at 8 kHz as 16 kHz samples. */
export function telephoneSamples(bytes: Uint8Array): Float32Array {
  return resampled(
    Float32Array.from(bytes, (code) => MU_LAW[code]!),
    8_000,
    16_000,
  )
}

/** What a telephone's 8 kHz leave of 16 kHz samples. */
export function throughTelephone(samples: Float32Array): Float32Array {
  return resampled(resampled(samples, 16_000, 8_000), 8_000, 16_000)
}

/** The sound while it is on, and nothing while it is off. */
export function pulsed(sound: Float32Array, onSeconds: number, offSeconds: number): Float32Array {
  const period = (onSeconds + offSeconds) * 16_000
  return sound.map((sample, at) => (at % period < onSeconds * 16_000 ? sample : 0))
}

export function mixed(...sounds: readonly Float32Array[]): Float32Array {
  return sounds[0]!.map((_, at) => sounds.reduce((sum, sound) => sum + sound[at]!, 0))
}

function resampled(samples: Float32Array, from: number, to: number): Float32Array {
  const pieces: number[] = []
  const resampler = new Resampler(from, to)
  resampler.push(samples, (piece) => pieces.push(...piece))
  resampler.flush((piece) => pieces.push(...piece))
  return Float32Array.from(pieces)
}
