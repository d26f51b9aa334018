import { EarwitnessError } from '../protocol/errors.ts'
import type { OpusHead } from './opus-stream.ts'

/** True if the bytes are an identification header of Ogg Opus. */
export function isOpusHead(bytes: Uint8Array): boolean {
  return bytes.length >= 19 && String.fromCharCode(...bytes.subarray(0, 8)) === 'OpusHead'
}

/**
 * Reads the identification header of RFC 7845 section 5.1, which WebM keeps as CodecPrivate.
 * @throws EarwitnessError `unsupported_audio` for more than two channels and for versions that do not exist yet
 */
export function readOpusHead(bytes: Uint8Array): OpusHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const channels = bytes[9]
  if (bytes[8] >> 4 !== 0 || bytes[18] !== 0 || channels < 1 || channels > 2) {
    throw new EarwitnessError(
      'unsupported_audio',
      `Opus of version ${bytes[8]}, mapping family ${bytes[18]} with ${channels} channels; family 0 with 1 or 2 is known`,
    )
  }
  return {
    channels,
    preSkip: Math.round(view.getUint16(10, true) / 3),
    gain: 10 ** (view.getInt16(16, true) / (20 * 256)),
  }
}
