/** The normal deviate that leaves 2.5 % above it. */
const Z = 1.959963984540054

/** A share of 1 and its 95 % bounds. */
export interface Rate {
  readonly count: number
  readonly of: number
  /** null where there is nothing to count. */
  readonly rate: number | null
  readonly bounds: Bounds | null
}

export type Bounds = readonly [low: number, high: number]

/** With Wilson's score interval (1927), which holds for few and for none. */
export function rateOf(count: number, of: number): Rate {
  if (of === 0) return { count, of, rate: null, bounds: null }
  const rate = count / of
  const centre = (rate + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of)
  const half = (Z / (1 + Z ** 2 / of)) * Math.sqrt((rate * (1 - rate)) / of + Z ** 2 / (4 * of ** 2))
  return {
    count,
    of,
    rate,
    bounds: [Math.max(0, Math.min(rate, centre - half)), Math.min(1, Math.max(rate, centre + half))],
  }
}

/** Events of a Poisson process in a unit of time, with the score interval: (count + Z²/2 ± Z √(count + Z²/4)) / time. */
export function frequencyBounds(count: number, time: number): Bounds {
  const centre = count + Z ** 2 / 2
  const half = Z * Math.sqrt(count + Z ** 2 / 4)
  return [Math.max(0, centre - half) / time, (centre + half) / time]
}
