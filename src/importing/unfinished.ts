import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `make`, which fills this file or folder and renames it; what is left of it goes, also where a signal ends the process. */
export async function unfinished<T>(path: string, make: () => Promise<T>): Promise<T> {
  const endBy = (signal: NodeJS.Signals): void => {
    stopListening()
    rmSync(path, { recursive: true, force: true })
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  const stopListening = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, endBy)
  }
  for (const signal of SIGNALS) process.on(signal, endBy)
  try {
    return await make()
  } finally {
    stopListening()
    await rm(path, { recursive: true, force: true })
  }
}
