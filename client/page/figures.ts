/** A dash of the width of a figure, for a number that does not exist yet. */
export const NOTHING = '–'

/** A probability with two digits, which never claims certainty: 0.003 is "<0.01". */
export function probabilityText(probability: number | null): string {
  if (probability === null) return NOTHING
  if (probability < 0.01) return '<0.01'
  if (probability > 0.99) return '>0.99'
  return probability.toFixed(2)
}

/** Seconds as a clock: 75.2 is "1:15". */
export function clockText(seconds: number): string {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** Seconds as a clock with tenths: 75.26 is "1:15.3". */
export function preciseClockText(seconds: number): string {
  const tenths = Math.round(seconds * 10)
  return `${clockText(Math.floor(tenths / 10))}.${tenths % 10}`
}

export function secondsText(seconds: number): string {
  return withUnit(seconds.toFixed(1), 's')
}

/** A number and its unit, which no line break parts. */
export function withUnit(number: number | string, unit: string): string {
  return `${number}\u00a0${unit}`
}
