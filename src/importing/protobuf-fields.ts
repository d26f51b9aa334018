import { badModel } from './bad-model.ts'

/** One field of a protobuf message: a whole number, or the bytes of a text, an array, a message, a fixed number. */
export interface Field {
  readonly number: number
  readonly value: number | Uint8Array
}

const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5]
const LONGEST_VARINT = 10
const words = new TextDecoder()

/**
 * The fields of a message in their order; bytes are views. Whole numbers above 2^53 lose their last bits.
 * @throws EarwitnessError `bad_model` where the message ends inside a field, or has a group
 */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new Reader(message)
  while (!reader.isAtEnd) {
    const tag = reader.varint()
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case VARINT:
        yield { number, value: reader.varint() }
        break
      case FIXED64:
        yield { number, value: reader.bytes(8) }
        break
      case LENGTH:
        yield { number, value: reader.bytes(reader.varint()) }
        break
      case FIXED32:
        yield { number, value: reader.bytes(4) }
        break
      default:
        throw badModel(`is not an ONNX file: a field of kind ${tag % 8} at byte ${reader.position}`)
    }
  }
}

/** A repeated whole number, one a field or packed. */
export function wholeNumbersIn(value: Field['value']): number[] {
  if (typeof value === 'number') return [value]
  const reader = new Reader(value)
  const numbers: number[] = []
  while (!reader.isAtEnd) numbers.push(reader.varint())
  return numbers
}

/** @throws EarwitnessError `bad_model`, as the three below, where the field is of another kind */
export function bytesIn(value: Field['value']): Uint8Array {
  if (typeof value === 'number') throw badModel('is not an ONNX file: a number stands where bytes should')
  return value
}

export function textIn(value: Field['value']): string {
  return words.decode(bytesIn(value))
}

export function wholeNumberIn(value: Field['value']): number {
  if (typeof value !== 'number') throw badModel('is not an ONNX file: bytes stand where a number should')
  return value
}

export function floatIn(value: Field['value']): number {
  const bytes = bytesIn(value)
  if (bytes.length !== 4) throw badModel(`is not an ONNX file: a float32 of ${bytes.length} bytes`)
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true)
}

class Reader {
  readonly #message: Uint8Array
  #at = 0

  constructor(message: Uint8Array) {
    this.#message = message
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#message.length
  }

  get position(): number {
    return this.#at
  }

  varint(): number {
    let value = 0
    for (let digit = 0; digit < LONGEST_VARINT; digit += 1) {
      const byte = this.bytes(1)[0]!
      value += (byte % 0x80) * 2 ** (7 * digit)
      if (byte < 0x80) return value
    }
    throw badModel(`is not an ONNX file: a number without end at byte ${this.#at}`)
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#message.length) throw badModel(`ends inside a field: it is torn, or no ONNX file`)
    const bytes = this.#message.subarray(this.#at, end)
    this.#at = end
    return bytes
  }
}
