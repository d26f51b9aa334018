const RIFF = 0x52494646
const WAVE = 0x57415645
const FORMAT_CHUNK = 0x666d7420

/** What the header of a WAV file says of its samples. */
export interface WavFormat {
  /** Hertz. */
  readonly sampleRate: number
  /** Of all channels. */
  readonly bytesPerSecond: number
}

/** The format of the WAV that begins with these bytes; undefined for anything else, and where they end before it is told. */
export function wavFormat(bytes: Uint8Array): WavFormat | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.byteLength < 12 || view.getUint32(0) !== RIFF || view.getUint32(8) !== WAVE) return undefined
  let at = 12
  while (at + 20 <= view.byteLength) {
    if (view.getUint32(at) === FORMAT_CHUNK) {
      return { sampleRate: view.getUint32(at + 12, true), bytesPerSecond: view.getUint32(at + 16, true) }
    }
    const length = view.getUint32(at + 4, true)
    at += 8 + length + (length % 2)
  }
  return undefined
}
