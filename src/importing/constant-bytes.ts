import type { Deferred } from './onnx-message.ts'

const scratch = new DataView(new ArrayBuffer(4))

/** Writes the values as float32. */
export function float32Bytes(values: Float32Array): Deferred['fill'] {
  return (target) => {
    const view = new DataView(target.buffer, target.byteOffset)
    for (let at = 0; at < values.length; at += 1) view.setFloat32(at * 4, values[at]!, true)
  }
}

/** Writes the values as binary16, each rounded to the nearest. */
export function float16Bytes(values: Float32Array): Deferred['fill'] {
  return (target) => {
    const view = new DataView(target.buffer, target.byteOffset)
    for (let at = 0; at < values.length; at += 1) view.setUint16(at * 2, halfBits(values[at]!), true)
  }
}

/** The binary16 nearest to a float32, to even where two are; too large ones become infinite. */
export function halfBits(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return sign | 0x7e00
  if (magnitude >= 65_520) return sign | 0x7c00
  // Below the least normal number the steps are all alike.
  if (magnitude < 2 ** -14) return sign | roundedToEven(magnitude * 2 ** 24)
  const exponent = ((bits >>> 23) & 0xff) - 127
  return sign | (((exponent + 14) << 10) + roundedToEven(magnitude * 2 ** (10 - exponent)))
}

function roundedToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
