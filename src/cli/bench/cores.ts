import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { EarwitnessError } from '../../protocol/errors.ts'

/** A command that runs on these cores only. */
export function onCores(cores: readonly number[], command: readonly string[]): string[] {
  return ['taskset', '--cpu-list', cores.join(), ...command]
}

/**
 * Leaves the first of the cores that this process may use to the server, and goes on with the others.
 * @returns the server's
 * @throws EarwitnessError `bad_parameter` where no core is left, `taskset` is not installed, or this is no Linux
 */
export function leaveCores(count: number): readonly number[] {
  const all = ownCores()
  if (count >= all.length) {
    throw new EarwitnessError(
      'bad_parameter',
      `--cores: the load needs a core too; there are ${all.length} to use here`,
    )
  }
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', all.slice(count).join(), String(process.pid)])
  } catch (cause) {
    throw new EarwitnessError('bad_parameter', '--cores needs taskset, of util-linux', { cause })
  }
  return all.slice(0, count)
}

/** In a container or under taskset they need not be the machine's first. */
function ownCores(): number[] {
  let status: string
  try {
    status = readFileSync('/proc/self/status', 'utf8')
  } catch (cause) {
    throw new EarwitnessError('bad_parameter', '--cores needs Linux', { cause })
  }
  return coresOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
}

/** The numbers in a list as Linux writes it, such as `0-2,5`. */
export function coresOf(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?]
    return Array.from({ length: last - first + 1 }, (_, at) => first + at)
  })
}
