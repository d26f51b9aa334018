import type { Parameters } from 'fast-check'

/** Seconds for each target, as `npm run fuzz` says; without it a short run that is the same each time. */
const SECONDS = Number(process.env.EARWITNESS_FUZZ_SECONDS ?? 0)
const SEED = Number(process.env.EARWITNESS_FUZZ_SEED ?? 1)

/** Milliseconds that one target may take, with what surrounds it. */
export const TARGET_TIMEOUT_MS: number = SECONDS * 1000 + 60_000

/** How long a target is tried, for fast-check. A failure names the seed and the path that bring it back. */
export function effort(runs: number): Parameters<unknown> {
  return SECONDS === 0
    ? { seed: SEED, numRuns: runs }
    : { seed: SEED, numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: SECONDS * 1000 }
}
