/** Memory for so many float32 values: that of an earlier batch where it is large enough. */
export function batchMemory(values: number, spare: ArrayBuffer | undefined): ArrayBuffer {
  return spare !== undefined && spare.byteLength >= values * 4 ? spare : new ArrayBuffer(values * 4)
}
