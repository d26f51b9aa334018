import { alaw, mulaw } from 'alawmulaw'
import type { SampleFormat } from './pcm-decoder.ts'

const MULAW_TABLE = Float32Array.from({ length: 256 }, (_, code) => mulaw.decodeSample(code) / 32_768)
const ALAW_TABLE = Float32Array.from({ length: 256 }, (_, code) => alaw.decodeSample(code) / 32_768)

/** Sample formats with full scale ±1, by name. */
export const SAMPLE_FORMATS = {
  u8: { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 128 },
  s16le: { bytes: 2, read: (view, at) => view.getInt16(at, true) / 32_768 },
  s24le: { bytes: 3, read: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608 },
  s32le: { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2_147_483_648 },
  f32le: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  mulaw: { bytes: 1, read: (view, at) => MULAW_TABLE[view.getUint8(at)]! },
  alaw: { bytes: 1, read: (view, at) => ALAW_TABLE[view.getUint8(at)]! },
} as const satisfies Record<string, SampleFormat>

export type SampleFormatName = keyof typeof SAMPLE_FORMATS
