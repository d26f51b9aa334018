const gone = new AbortController()

/** Aborted when whoever read standard output has left, as `| head` does. */
export const readerGone: AbortSignal = gone.signal

/**
 * From here on a closed standard output is no error: it aborts `readerGone`. One that takes nothing more, as on a full disk, ends the
 * program. Words that standard error does not take are dropped: no result is worth less without them.
 */
export function noticeGoneReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return gone.abort()
    process.stderr.write(`earwitness: standard output: ${error.message}\n`)
    process.exit(1)
  })
  process.stderr.on('error', () => {})
}
