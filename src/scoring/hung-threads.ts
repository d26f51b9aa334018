import type { Worker } from 'node:worker_threads'

/** Each keeps a core busy and a model in memory. */
export const MOST_HUNG_THREADS = 3

const hung = new Set<Worker>()
const tooMany = new AbortController()

/** Aborted when so many threads hang that this process should make room for another. */
export const tooManyHang: AbortSignal = tooMany.signal

/**
 * Threads of this process that were given up inside onnxruntime and have not come back. Nothing ends them, and the process
 * cannot end by itself while they run: only a signal ends it.
 */
export function hungThreads(): number {
  return hung.size
}

/** Counts a thread that does not answer until it ends after all. */
export function countAsHung(worker: Worker): void {
  hung.add(worker)
  worker.once('exit', () => hung.delete(worker))
  if (hung.size >= MOST_HUNG_THREADS) tooMany.abort()
}
