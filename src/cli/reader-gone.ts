const gone = new AbortController()

/** Aborted when whoever read standard output has left, as `| head` does. */
export const readerGone: AbortSignal = gone.signal

/** From here on a closed standard output is no error: it aborts `readerGone`. */
export function noticeGoneReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    gone.abort()
  })
}
