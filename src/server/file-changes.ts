import { unwatchFile, watchFile } from 'node:fs'

const LOOK_EVERY_MS = 2_000

/** Calls `changed` when one of the files does, whoever replaces it and how. Gives what ends it. */
export function onChange(files: readonly string[], changed: () => void): () => void {
  for (const file of files) watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, changed)
  return () => {
    for (const file of files) unwatchFile(file, changed)
  }
}
