import { Progress } from './progress.ts'
import { type Spread, spreadOf } from './spread.ts'

/** Measures once. The number is what is compared: microseconds a frame, for example. */
export type Measure = () => number | Promise<number>

/**
 * Measures the contestants in turns, A B A B …, so that a change of the machine's load meets all of them.
 * One round before the counted ones warms them up.
 */
export async function inTurns<Name extends string>(
  words: string,
  rounds: number,
  contestants: Readonly<Record<Name, Measure>>,
): Promise<Record<Name, Spread>> {
  const names = Object.keys(contestants) as Name[]
  const found = new Map<Name, number[]>(names.map((name) => [name, []]))
  const progress = new Progress(words, rounds)
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const value = await contestants[name]()
      if (round > 0) found.get(name)!.push(value)
    }
    progress.at(round)
  }
  progress.end()
  return Object.fromEntries(names.map((name) => [name, spreadOf(found.get(name)!)])) as Record<Name, Spread>
}

/** Microseconds that one of `count` equal pieces of work takes. */
export function microsecondsEach(count: number, work: () => void): number {
  const started = performance.now()
  work()
  return ((performance.now() - started) * 1000) / count
}
