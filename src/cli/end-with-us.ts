import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Acts when this process ends, by a signal too. Gives the way to call it off. */
export function whenWeEnd(act: () => void): () => void {
  process.once('exit', act)
  for (const signal of SIGNALS) process.once(signal, exitBy)
  return () => {
    process.removeListener('exit', act)
    for (const signal of SIGNALS) process.removeListener(signal, exitBy)
  }
}

/** The child ends when this process does, and would go on for ever otherwise. */
export function endWithUs(child: ChildProcess): void {
  child.once(
    'exit',
    whenWeEnd(() => child.kill('SIGTERM')),
  )
}

function exitBy(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal])
}
