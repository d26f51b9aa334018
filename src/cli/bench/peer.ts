import { LineProcess } from './line-process.ts'
import { hasOwnFile, ownFile } from './own-file.ts'
import { ONE_THREAD, pythonWith } from './python.ts'
import { rounded } from './spread.ts'

/** Python's sliding window: every hop, the last 10.24 s through torchaudio and a network, on one thread. */
export interface PeerReport {
  readonly versions: { readonly torch: string; readonly torchaudio: string | null }
  readonly networks: Readonly<Record<string, PeerCost>>
}

interface PeerCost {
  readonly windows: number
  readonly cpuMsPerWindow: number
  readonly cpuMsPerStreamSecond: number
  readonly streamsPerCore: number
}

const RECIPE = '#models/recipe/network.py'

/** The default model's own network, as its recipe has it, and the seed's; how many windows of each are timed. */
const NETWORKS = [
  { name: 'earwitness-small', network: RECIPE, windows: 20 },
  { name: 'ast-base', network: undefined, windows: 2 },
] as const

/** Says why not, where it cannot be measured. */
export async function measurePeer(hop: number): Promise<PeerReport | { readonly unavailable: string }> {
  const python = pythonWith('torch, numpy')
  if (python === undefined) return { unavailable: 'no python3 with torch and numpy; PYTHON can name one' }
  if (!hasOwnFile(RECIPE)) return { unavailable: 'an installed package has no recipe; measure in a checkout' }
  let versions: PeerReport['versions'] | undefined
  const networks: Record<string, PeerCost> = {}
  for (const { name, network, windows } of NETWORKS) {
    const words = [ownFile('#bench/sliding_window.py'), network === undefined ? name : ownFile(network)]
    const peer = new LineProcess(python, words, ONE_THREAD)
    versions = await peer.next()
    const { cpuSeconds } = await peer.ask<{ cpuSeconds: number }>(String(windows))
    await peer.stop()
    networks[name] = costOf(cpuSeconds / windows, windows, hop)
  }
  return { versions: versions!, networks }
}

function costOf(cpuSecondsPerWindow: number, windows: number, hop: number): PeerCost {
  return {
    windows,
    cpuMsPerWindow: rounded(cpuSecondsPerWindow * 1000),
    cpuMsPerStreamSecond: rounded((cpuSecondsPerWindow * 1000) / hop),
    streamsPerCore: rounded(hop / cpuSecondsPerWindow),
  }
}
