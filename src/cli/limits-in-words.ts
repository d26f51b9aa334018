import { DEFAULT_LIMITS, type LimitName, type Limits } from '../protocol/limits.ts'

/** A line for each limit: its name, its value and what happens beyond it; what was changed says what it was. */
export function limitsInWords(limits: Limits): string {
  const rows = (Object.keys(DEFAULT_LIMITS) as LimitName[]).map((name) => {
    const { value, unit, beyond } = DEFAULT_LIMITS[name]
    const changed = limits[name] === value ? '' : ` (default ${value})`
    return [name, `${limits[name]} ${unit}${changed}`, beyond]
  })
  const [first, second] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map(([name, value, beyond]) => `${name!.padEnd(first!)}  ${value!.padEnd(second!)}  ${beyond}\n`).join('')
}
