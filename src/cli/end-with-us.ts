import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal that ends this process ends the child too, which would go on for ever. */
export function endWithUs(child: ChildProcess): void {
  const end = (signal: NodeJS.Signals): void => {
    child.kill('SIGTERM')
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of SIGNALS) process.once(signal, end)
  child.once('exit', () => {
    for (const signal of SIGNALS) process.removeListener(signal, end)
  })
}
