import { writeSync } from 'node:fs'

/**
 * Standard error. A line that it does not take (the disk is full, the reader slow or gone) is dropped: no line of the log is
 * worth a stream, and the next one is tried again.
 */
export const logLines = {
  write(line: string): void {
    try {
      writeSync(2, line)
    } catch {}
  },
}
