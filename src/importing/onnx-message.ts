/** Bytes that are written only when all are laid out: large arrays exist once, in the finished file. */
export interface Deferred {
  readonly byteLength: number
  /** `target` has exactly `byteLength` bytes, zeroed, at any alignment. */
  fill(target: Uint8Array): void
}

type Piece = Uint8Array | Deferred

const VARINT = 0
const LENGTH = 2
const FIXED32 = 5
const text = new TextEncoder()

/** One protobuf message, field after field in the order of the calls. */
export class Message {
  readonly #pieces: Piece[] = []
  #byteLength = 0

  /** A whole number, not negative. */
  integer(field: number, value: number): this {
    return this.#put(varint(field * 8 + VARINT)).#put(varint(value))
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.#put(varint(field * 8 + FIXED32)).#put(bytes)
  }

  text(field: number, value: string): this {
    return this.bytes(field, text.encode(value))
  }

  bytes(field: number, value: Piece): this {
    return this.#put(varint(field * 8 + LENGTH))
      .#put(varint(value.byteLength))
      .#put(value)
  }

  message(field: number, value: Message): this {
    this.#put(varint(field * 8 + LENGTH)).#put(varint(value.#byteLength))
    for (const piece of value.#pieces) this.#put(piece)
    return this
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.#byteLength)
    let at = 0
    for (const piece of this.#pieces) {
      if (piece instanceof Uint8Array) all.set(piece, at)
      else piece.fill(all.subarray(at, at + piece.byteLength))
      at += piece.byteLength
    }
    return all
  }

  #put(piece: Piece): this {
    this.#pieces.push(piece)
    this.#byteLength += piece.byteLength
    return this
  }
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
