/** Where each kind of file that needs ffmpeg says what it is: the place of its mark, and the mark. */
const MARKS: readonly (readonly [at: number, mark: string])[] = [
  [0, 'ID3'],
  [0, 'fLaC'],
  [0, 'OggS'],
  [0, '\x1a\x45\xdf\xa3'],
  [0, 'RIFF'],
  [0, 'RF64'],
  [0, 'FORM'],
  [0, 'caff'],
  [0, '.snd'],
  [0, '#!AMR'],
  [0, 'FLV\x01'],
  [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
  [4, 'ftyp'],
]

const MPEG_KBITS = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const MPEG_2_KBITS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const MPEG_HERTZ = [44_100, 48_000, 32_000]

/** True for bytes that begin a file of a known kind, as samples hardly ever do. */
export function beginsKnownFile(start: Uint8Array): boolean {
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, 16)).toString('latin1')
  return MARKS.some(([at, mark]) => text.startsWith(mark, at)) || beginsFrames(start)
}

/** MP3 and AAC without a header of their own: a frame is known by the next one, which stands where it says. */
function beginsFrames(start: Uint8Array): boolean {
  const length = frameLength(start)
  return length !== undefined && frameLength(start.subarray(length)) !== undefined
}

function frameLength(bytes: Uint8Array): number | undefined {
  const [sync = 0, kind = 0, rates = 0, more = 0, length = 0, rest = 0] = bytes
  if (sync !== 0xff) return undefined
  if ((kind & 0xf6) === 0xf0) return ((more & 3) << 11) | (length << 3) | (rest >> 5) || undefined
  const isMpeg1 = (kind & 0xfe) === 0xfa
  const isMpeg2 = (kind & 0xfe) === 0xf2
  const kbits = (isMpeg1 ? MPEG_KBITS : MPEG_2_KBITS)[(rates >> 4) - 1]
  const hertz = MPEG_HERTZ[(rates >> 2) & 3]
  if ((!isMpeg1 && !isMpeg2) || kbits === undefined || hertz === undefined) return undefined
  const padding = (rates >> 1) & 1
  // MPEG 2 has half the rates, and half the samples in a frame.
  return Math.floor((144 * kbits * 1000) / hertz) + padding
}
