/** How checkpoints write numbers, little-endian. */
export type NumberFormat = 'f16' | 'bf16' | 'f32' | 'f64' | 'i8' | 'u8' | 'i16' | 'i32' | 'i64' | 'bool'

export const BYTES_PER_NUMBER: Readonly<Record<NumberFormat, number>> = {
  f16: 2,
  bf16: 2,
  f32: 4,
  f64: 8,
  i8: 1,
  u8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  bool: 1,
}

const READ: Readonly<Record<NumberFormat, (view: DataView, offset: number) => number>> = {
  f16: (view, offset) => halfToNumber(view.getUint16(offset, true)),
  bf16: (view, offset) => bfloatToNumber(view.getUint16(offset, true)),
  f32: (view, offset) => view.getFloat32(offset, true),
  f64: (view, offset) => view.getFloat64(offset, true),
  i8: (view, offset) => view.getInt8(offset),
  u8: (view, offset) => view.getUint8(offset),
  i16: (view, offset) => view.getInt16(offset, true),
  i32: (view, offset) => view.getInt32(offset, true),
  i64: (view, offset) => Number(view.getBigInt64(offset, true)),
  bool: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1),
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** All numbers of the bytes as float32. Float32 at an aligned place is not copied: the result is a view. */
export function toFloat32(bytes: Uint8Array, format: NumberFormat): Float32Array {
  const width = BYTES_PER_NUMBER[format]
  const count = bytes.byteLength / width
  if (format === 'f32' && IS_LITTLE_ENDIAN && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, count)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = READ[format]
  const values = new Float32Array(count)
  for (let index = 0; index < count; index += 1) values[index] = read(view, index * width)
  return values
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const scratch = new DataView(new ArrayBuffer(4))

/** The upper half of a float32. */
function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, bits * 0x1_0000)
  return scratch.getFloat32(0)
}
