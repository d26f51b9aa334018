import type { Axis } from './figure.ts'

export const FAKE_COLOUR = '#c2410c'
export const REAL_COLOUR = '#1d4ed8'
export const GUIDE_COLOUR = '#6b7280'
export const SYSTEM_COLOURS = ['#0f766e', '#7c3aed', '#b45309', '#be185d', '#4d7c0f', '#0369a1', '#a21caf', '#57534e']

export function linearAxis(words: string, from: number, to: number, ticks: readonly number[], unit = ''): Axis {
  return {
    words,
    ticks: ticks.map((at) => ({ at, text: `${Math.round(at * 1000) / 1000}${unit}` })),
    place: (value) => (value - from) / (to - from),
  }
}

const DEVIATE_TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9]

/** Rates on the scale of the normal deviate (Martin et al. 1997), where normal scores give a straight line. */
export function deviateAxis(words: string): Axis {
  const [from, to] = [probit(0.001), probit(0.95)]
  return {
    words,
    ticks: DEVIATE_TICKS.map((at) => ({ at, text: `${Math.round(at * 1000) / 10}` })),
    place: (rate) => (probit(rate) - from) / (to - from),
  }
}

/** The inverse of the normal distribution to 4.5e-4 (Abramowitz and Stegun 26.2.23); 0 and 1 as 1e-6 and 1 − 1e-6. */
export function probit(rate: number): number {
  const share = Math.min(1 - 1e-6, Math.max(1e-6, rate))
  const t = Math.sqrt(-2 * Math.log(Math.min(share, 1 - share)))
  const deviate =
    t - (2.515517 + 0.802853 * t + 0.010328 * t ** 2) / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3)
  return share < 0.5 ? -deviate : deviate
}

/** Equal ratios are equally far apart; ticks outside of `from` to `to` are left out. */
export function logAxis(words: string, from: number, to: number, ticks: readonly number[]): Axis {
  return {
    words,
    ticks: ticks.filter((at) => at >= from && at <= to).map((at) => ({ at, text: String(at) })),
    place: (value) => Math.log(value / from) / Math.log(to / from),
  }
}
