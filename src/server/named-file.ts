import { readFileSync } from 'node:fs'

/** The bytes of a file that an option names. What reading it throws names it too: Node names no folder that it cannot read. */
export function readNamedFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (thrown) {
    throw Object.assign(thrown as Error, { path })
  }
}
