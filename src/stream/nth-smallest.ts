/** The value that would stand at `rank` if these were sorted; none of them is NaN. Reorders them (Hoare's quickselect). */
export function nthSmallest(values: Float32Array, rank: number): number | undefined {
  let from = 0
  let to = values.length - 1
  while (from < to) {
    const pivot = values[(from + to) >> 1]!
    let low = from
    let high = to
    while (low <= high) {
      while (values[low]! < pivot) low += 1
      while (values[high]! > pivot) high -= 1
      if (low > high) break
      const value = values[low]!
      values[low] = values[high]!
      values[high] = value
      low += 1
      high -= 1
    }
    if (rank <= high) to = high
    else if (rank >= low) from = low
    else break
  }
  return values[rank]
}
