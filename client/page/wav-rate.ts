const RIFF = 0x52494646
const WAVE = 0x57415645
const FORMAT_CHUNK = 0x666d7420

/**
 * The sample rate in the header of a WAV file, or undefined for anything else. Browsers turn every file into the
 * rate of their audio context: with the file's own rate, the samples stay as they are.
 */
export function wavSampleRate(file: ArrayBuffer): number | undefined {
  const view = new DataView(file)
  if (view.byteLength < 12 || view.getUint32(0) !== RIFF || view.getUint32(8) !== WAVE) return undefined
  let at = 12
  while (at + 16 <= view.byteLength) {
    if (view.getUint32(at) === FORMAT_CHUNK) return view.getUint32(at + 12, true)
    const bytes = view.getUint32(at + 4, true)
    at += 8 + bytes + (bytes % 2)
  }
  return undefined
}
