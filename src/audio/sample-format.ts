import { A_LAW, MU_LAW } from './g711.ts'

/** How one sample lies in bytes. */
export interface SampleFormat {
  readonly bytes: number
  /** The sample at a byte offset, full scale ±1. May be NaN or infinite where the bytes are. */
  readonly read: (view: DataView, at: number) => number
  /** Samples that follow each other, all at once, where that is quicker: all of them finite. */
  readonly readRun?: (view: DataView, at: number, samples: Float32Array) => void
}

/** Every sample format that a raw stream or a WAV file can have; all little-endian. */
export const SAMPLE_FORMATS = {
  u8: { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 128 },
  s16le: { bytes: 2, read: (view, at) => view.getInt16(at, true) / 32_768, readRun: readShorts },
  s24le: {
    bytes: 3,
    read: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608,
  },
  s32le: { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2_147_483_648 },
  f32le: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  mulaw: { bytes: 1, read: (view, at) => MU_LAW[view.getUint8(at)] },
  alaw: { bytes: 1, read: (view, at) => A_LAW[view.getUint8(at)] },
} as const satisfies Record<string, SampleFormat>

export type SampleFormatName = keyof typeof SAMPLE_FORMATS

/** With a loop of its own, what is read is known when it is compiled. */
function readShorts(view: DataView, at: number, samples: Float32Array): void {
  for (let sample = 0; sample < samples.length; sample += 1) {
    samples[sample] = view.getInt16(at + 2 * sample, true) / 32_768
  }
}
