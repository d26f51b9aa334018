import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** Where the figures come from, and what else the machine did meanwhile. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly node: string
  readonly platform: string
  /** Mean number of busy processes in the last minute, when this was asked. */
  readonly load: number
  readonly date: string
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    load: Math.round(loadavg()[0]! * 10) / 10,
    date: new Date().toISOString().slice(0, 10),
  }
}
