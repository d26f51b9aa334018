import { badModel } from './bad-model.ts'
import { Unused } from './pickle-stack.ts'

/** The bytes of a pickle, read forwards; asking for more than there are is an error before anything is made. */
export class PickleBytes {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get position(): number {
    return this.#position
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true)
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true))
  }

  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false)
  }

  take(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  text(length: number): string {
    return Buffer.from(this.take(length)).toString('utf8')
  }

  /** Up to the next line feed, without it. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position)
    if (end < 0) throw badModel('the pickle ends inside a name')
    const text = this.text(end - this.#position)
    this.#position = end + 1
    return text
  }

  /** A signed number, unused where a double does not hold it exactly: a seed of random numbers, not a length. */
  long(length: number): number | Unused {
    const bytes = this.take(length)
    if (length > 8) return new Unused()
    let value = 0n
    for (let index = length - 1; index >= 0; index -= 1) value = (value << 8n) | BigInt(bytes[index]!)
    const signed = Number(BigInt.asIntN(length * 8, value))
    return Number.isSafeInteger(signed) ? signed : new Unused()
  }

  #advance(length: number): number {
    const start = this.#position
    const left = this.#bytes.byteLength - start
    if (length > left) throw badModel(`the pickle announces ${length} bytes at ${start}, where ${left} are left`)
    this.#position = start + length
    return start
  }
}
