import { beginsWav } from './wav-chunks.ts'

/** Kinds of audio file that need no other program, and the rest. */
export type FileKind = 'wav' | 'ogg-opus' | 'webm-opus' | 'other'

/** First bytes that `sniff` needs to be sure. */
export const SNIFF_BYTES = 4_096

/** Tells a file's kind by its first bytes. */
export function sniff(start: Uint8Array): FileKind {
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, SNIFF_BYTES)).toString('latin1')
  if (beginsWav(start.subarray(0, 12)) && start.length >= 12) return 'wav'
  if (text.startsWith('OggS') && text.startsWith('OpusHead', 28)) return 'ogg-opus'
  if (text.startsWith('\x1a\x45\xdf\xa3') && text.includes('A_OPUS')) return 'webm-opus'
  return 'other'
}
