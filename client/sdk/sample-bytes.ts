import { EarwitnessError } from '../../src/protocol/errors.ts'
import type { Encoding } from '../../src/protocol/parameters.ts'

/**
 * Samples of full scale ±1 as the bytes of `s16le` (rounded and clamped) or `f32le`.
 * @throws EarwitnessError `bad_parameter` for any other encoding.
 */
export function sampleBytes(samples: Float32Array, encoding: Encoding): Uint8Array<ArrayBuffer> {
  if (encoding === 's16le') return s16le(samples)
  if (encoding === 'f32le') return f32le(samples)
  throw new EarwitnessError(
    'bad_parameter',
    `encoding: a Float32Array can be sent as s16le or f32le, not as ${encoding}; send that as a Uint8Array`,
  )
}

function s16le(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(samples.length * 2))
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(i * 2, Math.max(-32_768, Math.min(32_767, Math.round(samples[i] * 32_768))), true)
  }
  return new Uint8Array(view.buffer)
}

function f32le(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(samples.length * 4))
  for (let i = 0; i < samples.length; i++) view.setFloat32(i * 4, samples[i], true)
  return new Uint8Array(view.buffer)
}
