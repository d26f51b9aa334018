// A signal that ends a script ends the process that it started too, which would go on for ever.
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

export function endWithUs(child) {
  const end = (signal) => {
    child.kill('SIGTERM')
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of SIGNALS) process.once(signal, end)
  child.once('exit', () => {
    for (const signal of SIGNALS) process.removeListener(signal, end)
  })
}
