/** Triangular mel filters, each kept as the run of its non-zero weights. */
export interface MelFilterbank {
  readonly bins: number
  /** First power bin of each filter. */
  readonly first: Int32Array
  /** Where each filter's weights begin in `weights`; one more entry than filters. */
  readonly offsets: Int32Array
  readonly weights: Float32Array
}

/** What a recipe says of its filters; frequencies in hertz. */
export interface MelFilterOptions {
  readonly bins: number
  readonly fftSize: number
  readonly sampleRate: number
  readonly lowHz: number
  readonly highHz: number
}

/** The same filters for the same options: streams with the same recipe share one set. */
export function sharedFilters(make: (options: MelFilterOptions) => MelFilterbank): typeof make {
  const made = new Map<string, MelFilterbank>()
  return (options) => {
    const { bins, fftSize, sampleRate, lowHz, highHz } = options
    const key = `${bins} ${fftSize} ${sampleRate} ${lowHz} ${highHz}`
    const filters = made.get(key) ?? make(options)
    made.set(key, filters)
    return filters
  }
}

/** Packs the filters whose weight of a power bin is `weightAt`, at most 0 outside one run of bins. A filter may be empty. */
export function packFilters(
  bins: number,
  powerBins: number,
  weightAt: (filter: number, powerBin: number) => number,
): MelFilterbank {
  const first = new Int32Array(bins)
  const offsets = new Int32Array(bins + 1)
  const weights: number[] = []
  for (let filter = 0; filter < bins; filter += 1) {
    let bin = 0
    while (bin < powerBins && weightAt(filter, bin) <= 0) bin += 1
    first[filter] = bin
    for (; bin < powerBins && weightAt(filter, bin) > 0; bin += 1) weights.push(weightAt(filter, bin))
    offsets[filter + 1] = weights.length
  }
  return { bins, first, offsets, weights: Float32Array.from(weights) }
}
