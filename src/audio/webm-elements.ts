import { EarwitnessError } from '../protocol/errors.ts'
import { ByteQueue } from './byte-queue.ts'

/** Element identifiers of Matroska (RFC 9559) that matter here. */
export const ELEMENT = {
  ebml: 0x1a45_dfa3,
  segment: 0x1853_8067,
  cluster: 0x1f43_b675,
  tracks: 0x1654_ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  audio: 0xe1,
  audioChannels: 0x9f,
  contentEncodings: 0x6d80,
  blockGroup: 0xa0,
  block: 0xa1,
  simpleBlock: 0xa3,
  discardPadding: 0x75a2,
} as const

const MASTERS: ReadonlySet<number> = new Set([
  ELEMENT.segment,
  ELEMENT.cluster,
  ELEMENT.tracks,
  ELEMENT.trackEntry,
  ELEMENT.audio,
  ELEMENT.blockGroup,
])
const LEAVES: ReadonlySet<number> = new Set([
  ELEMENT.trackNumber,
  ELEMENT.codecId,
  ELEMENT.codecPrivate,
  ELEMENT.audioChannels,
  ELEMENT.contentEncodings,
  ELEMENT.block,
  ELEMENT.simpleBlock,
  ELEMENT.discardPadding,
])
const MAX_HEADER_BYTES = 12
const MAX_LEAF_BYTES = 131_072

/**
 * The elements of a WebM file in their order, from bytes cut anyhow: masters that matter are entered (so that their
 * sizes, known or not, do not matter), leaves that matter are told whole, the rest is skipped unread. Holds one leaf.
 */
export class WebmElements {
  readonly #queue = new ByteQueue()
  readonly #onElement: (id: number, body: Uint8Array) => void
  #skip = 0
  #started = false

  /** @param onElement `body` is empty for masters, and valid during the call only */
  constructor(onElement: (id: number, body: Uint8Array) => void) {
    this.#onElement = onElement
  }

  /** True in the middle of an element. */
  get isInside(): boolean {
    return this.#skip > 0 || this.#queue.length > 0
  }

  /** @throws EarwitnessError `unsupported_audio` (not WebM), `bad_audio` (damaged) */
  push(bytes: Uint8Array): void {
    this.#queue.append(bytes)
    while (this.#step());
  }

  #step(): boolean {
    const skipped = Math.min(this.#skip, this.#queue.length)
    this.#skip -= skipped
    this.#queue.drop(skipped)
    const bytes = this.#queue.waiting
    if (bytes.length === 0) return false
    const header = readHeader(bytes)
    if (header === undefined) {
      if (bytes.length >= MAX_HEADER_BYTES || !canBegin(bytes)) throw this.#damaged()
      return false
    }
    return this.#element(header, bytes)
  }

  #element({ id, size, length }: ElementHeader, bytes: Uint8Array): boolean {
    if (!this.#started && id !== ELEMENT.ebml) throw this.#damaged()
    this.#started = true
    const isMaster = MASTERS.has(id)
    const isLeaf = LEAVES.has(id) && size <= MAX_LEAF_BYTES
    if (!isMaster && size === Number.POSITIVE_INFINITY) throw this.#damaged()
    if (isLeaf && bytes.length < length + size) return false
    if (isMaster || isLeaf) this.#onElement(id, bytes.subarray(length, isLeaf ? length + size : length))
    this.#queue.drop(length)
    this.#skip = isMaster ? 0 : size
    return true
  }

  #damaged(): EarwitnessError {
    if (!this.#started) return new EarwitnessError('unsupported_audio', 'these bytes are not WebM')
    return new EarwitnessError('bad_audio', `the WebM is damaged at byte ${this.#queue.position}`)
  }
}

interface ElementHeader {
  readonly id: number
  /** Infinity where it is not known. */
  readonly size: number
  /** Bytes of the header itself. */
  readonly length: number
}

/** Undefined while bytes are missing, and where no element can be. */
function readHeader(bytes: Uint8Array): ElementHeader | undefined {
  const idLength = Math.clz32(bytes[0]) - 23
  if (idLength > 4 || bytes.length <= idLength) return undefined
  const size = readVint(bytes, idLength)
  if (size === undefined) return undefined
  return { id: readUnsigned(bytes.subarray(0, idLength)), size: size.value, length: idLength + size.length }
}

function canBegin(bytes: Uint8Array): boolean {
  const idLength = Math.clz32(bytes[0]) - 23
  return idLength <= 4 && (bytes.length <= idLength || bytes[idLength] !== 0)
}

/** A variable-size integer of EBML (RFC 8794 section 4), Infinity if all its bits are set; undefined if bytes are missing. */
export function readVint(bytes: Uint8Array, at: number): { value: number; length: number } | undefined {
  const length = Math.clz32(bytes[at] ?? 0) - 23
  if (length > 8 || at + length > bytes.length) return undefined
  const first = bytes[at] & (0xff >> length)
  let value = first
  let isUnknown = first === 0xff >> length
  for (let index = at + 1; index < at + length; index++) {
    value = value * 256 + bytes[index]
    isUnknown &&= bytes[index] === 255
  }
  return { value: isUnknown ? Number.POSITIVE_INFINITY : value, length }
}

/** A big-endian number of up to eight bytes. */
export function readUnsigned(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}
