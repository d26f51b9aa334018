/** s16le at 16 kHz mono as samples, full scale ±1. */
export function samplesOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: bytes.length >> 1 }, (_, at) => view.getInt16(2 * at, true) / 32_768)
}

export function tone(hertz: number, seconds: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: seconds * 16_000 },
    (_, at) => amplitude * Math.sin((2 * Math.PI * hertz * at) / 16_000),
  )
}

/** White noise, the same for the same seed. */
export function noise(seed: number, seconds: number, amplitude = 0.5): Float32Array {
  let state = seed | 0
  return Float32Array.from({ length: seconds * 16_000 }, () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return amplitude * (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1)
  })
}
