import { ByteQueue } from './byte-queue.ts'

const HEADER_BYTES = 27
const CAPTURE = [0x4f, 0x67, 0x67, 0x53]

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 24
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder < 0 ? 0x04c1_1db7 : 0)
  return remainder >>> 0
})

/** One page of an Ogg stream, its checksum right. `packets` are valid during the call only. */
export interface OggPage {
  readonly serial: number
  readonly sequence: number
  /** Where the last packet that ends here ends, in the codec's samples; undefined if none ends here. */
  readonly granule: number | undefined
  readonly beginsStream: boolean
  readonly endsStream: boolean
  /** The first piece goes on with a packet of the page before. */
  readonly continued: boolean
  readonly pieces: readonly Uint8Array[]
  /** The last piece goes on in the next page. */
  readonly unfinished: boolean
}

/** Finds the pages of an Ogg stream (RFC 3533) in bytes cut anyhow. Holds one page, 65,307 bytes, at most, and one push. */
export class OggPages {
  readonly #queue = new ByteQueue()
  readonly #onPage: (page: OggPage) => void
  readonly #onDamage: () => void
  #lost = false

  /** @param onDamage called once for each stretch of bytes, between pages, that is no page, and each wrong checksum */
  constructor(onPage: (page: OggPage) => void, onDamage: () => void) {
    this.#onPage = onPage
    this.#onDamage = onDamage
  }

  /** Bytes of a page that is not yet whole. */
  get waiting(): number {
    return this.#queue.length
  }

  push(bytes: Uint8Array): void {
    this.#queue.append(bytes)
    while (this.#step());
  }

  /** Takes one page or skips bytes that are none; false when more bytes are needed. */
  #step(): boolean {
    const bytes = this.#queue.waiting
    const start = captureIn(bytes)
    if (start > 0) return this.#skip(start)
    if (bytes.length < HEADER_BYTES) return false
    const bodyAt = HEADER_BYTES + bytes[26]
    if (bytes.length < bodyAt) return false
    const end = bytes.subarray(HEADER_BYTES, bodyAt).reduce((sum, lace) => sum + lace, bodyAt)
    if (bytes.length < end) return false
    const page = bytes.subarray(0, end)
    if (bytes[4] !== 0 || checksum(page) !== view(page).getUint32(22, true)) return this.#damaged()
    this.#lost = false
    this.#onPage(readPage(page, bodyAt))
    this.#queue.drop(end)
    return true
  }

  #damaged(): boolean {
    this.#lost = true
    this.#onDamage()
    this.#queue.drop(1)
    return true
  }

  #skip(count: number): boolean {
    if (!this.#lost) this.#onDamage()
    this.#lost = true
    this.#queue.drop(count)
    return true
  }
}

/** Where a page may begin: the capture pattern, or as much of it as the bytes hold at their end. */
function captureIn(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at++) {
    if (CAPTURE.every((byte, index) => at + index >= bytes.length || bytes[at + index] === byte)) return at
  }
  return bytes.length
}

function readPage(page: Uint8Array, bodyAt: number): OggPage {
  const fields = view(page)
  const granule = fields.getBigInt64(6, true)
  const laces = page.subarray(HEADER_BYTES, bodyAt)
  return {
    serial: fields.getUint32(14, true),
    sequence: fields.getUint32(18, true),
    granule: granule < 0n ? undefined : Number(granule),
    continued: (page[5] & 1) !== 0,
    beginsStream: (page[5] & 2) !== 0,
    endsStream: (page[5] & 4) !== 0,
    pieces: piecesOf(page.subarray(bodyAt), laces),
    unfinished: laces.at(-1) === 255,
  }
}

function piecesOf(body: Uint8Array, laces: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let from = 0
  let to = 0
  laces.forEach((lace, index) => {
    to += lace
    if (lace === 255 && index < laces.length - 1) return
    pieces.push(body.subarray(from, to))
    from = to
  })
  return pieces
}

/** CRC-32 with polynomial 04C11DB7, not reflected, the page's own checksum taken as zero. */
function checksum(page: Uint8Array): number {
  let crc = 0
  for (let at = 0; at < page.length; at++) {
    const byte = at >= 22 && at < 26 ? 0 : page[at]
    crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte]
  }
  return crc >>> 0
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
