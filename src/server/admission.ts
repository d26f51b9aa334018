import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import { ANYONE, type Caller } from './access/caller.ts'

/** Who wants a stream, and from where. */
export interface Applicant {
  readonly caller: Caller
  readonly address: string
}

type StreamLimits = Pick<Limits, 'streams' | 'keyStreams' | 'addressStreams'>

/** Counts open streams: of the server, of each key and of each address. What has none is forgotten. */
export class Admission {
  readonly #limits: StreamLimits
  readonly #workers: number
  readonly #byName = new Map<string, number>()
  readonly #byAddress = new Map<string, number>()
  #streams = 0

  /** @param workers processes behind the same port: each lets in its share, and one at least */
  constructor(limits: StreamLimits, workers = 1) {
    this.#limits = limits
    this.#workers = workers
  }

  /** @throws EarwitnessError `too_many_streams` or `quota_exceeded` */
  check({ caller, address }: Applicant): void {
    const streams = this.#share(this.#limits.streams)
    const addressStreams = this.#share(this.#limits.addressStreams)
    if (this.#streams >= streams) {
      throw new EarwitnessError('too_many_streams', `${streams} streams run already; try again later`)
    }
    if (caller !== ANYONE) this.#checkKey(caller)
    if ((this.#byAddress.get(address) ?? 0) >= addressStreams) throw exceeded(address, addressStreams, 'addressStreams')
  }

  #checkKey({ name, streams = this.#limits.keyStreams }: Caller): void {
    const ofKey = this.#share(streams)
    if ((this.#byName.get(name) ?? 0) >= ofKey) throw exceeded(`the key ${name}`, ofKey, 'keyStreams')
  }

  #share(limit: number): number {
    return Math.max(1, Math.floor(limit / this.#workers))
  }

  /** Counts a stream that has been checked. Gives what is to be called once, at its end. */
  enter({ caller, address }: Applicant): () => void {
    this.#streams += 1
    add(this.#byName, caller.name, 1)
    add(this.#byAddress, address, 1)
    return () => {
      this.#streams -= 1
      add(this.#byName, caller.name, -1)
      add(this.#byAddress, address, -1)
    }
  }
}

function add(counts: Map<string, number>, name: string, more: number): void {
  const count = (counts.get(name) ?? 0) + more
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}

function exceeded(who: string, most: number, limit: string): EarwitnessError {
  return new EarwitnessError('quota_exceeded', `${who} has ${most} streams open, which is as many as it may (${limit})`)
}
