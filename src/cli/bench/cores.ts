import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { EarwitnessError } from '../../protocol/errors.ts'

/** A command that runs on some cores only: `count` of them from the one numbered `first`. */
export function onCores(first: number, count: number, command: readonly string[]): string[] {
  return ['taskset', '--cpu-list', `${first}-${first + count - 1}`, ...command]
}

/**
 * Leaves the first cores to the server: this process goes on with the others.
 * @throws EarwitnessError `bad_parameter` where no core is left, or `taskset` is not installed
 */
export function leaveCores(count: number): void {
  const all = availableParallelism()
  if (count >= all)
    throw new EarwitnessError('bad_parameter', `--cores: the load needs a core too; this machine has ${all}`)
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', `${count}-${all - 1}`, String(process.pid)])
  } catch (cause) {
    throw new EarwitnessError('bad_parameter', '--cores needs taskset, of util-linux', { cause })
  }
}
