/** The same noise every time, between −0.3 and 0.3: work that does not depend on what is heard needs no recording. */
export function noise(length: number): Float32Array {
  let state = 20_261_124
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 32 - 0.5) * 0.6
  })
}
