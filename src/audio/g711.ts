/** One byte of G.711 µ-law as a sample, full scale ±1. ITU-T G.711, table 2a. */
export const MU_LAW: Float32Array = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)
  return (bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84) / 32_768
})

/** One byte of G.711 A-law as a sample, full scale ±1. ITU-T G.711, table 1a. */
export const A_LAW: Float32Array = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return (bits & 0x80 ? magnitude : -magnitude) / 32_768
})
