import type { EntryPoint } from './decoder.ts'
import { OPUS_RATE } from './native-opus.ts'

/**
 * Samples decoded before those that count. A decoder that begins anew between two packets nears the one that heard all of
 * them. RFC 7845 takes 80 ms for enough; to give the same 16-bit samples it took 0 to 4.7 s in 234 places of speech at 8 to 64
 * kbit/s, and before that, from 1 s on, they differed by 139 at most. The format promises nothing.
 */
const WARM_UP_SAMPLES = 6 * OPUS_RATE
/** Samples from one place that is kept to the next, and back to the oldest. */
const STEP_SAMPLES = OPUS_RATE / 10
const REACH_SAMPLES = 20 * OPUS_RATE

/** The places between the packets of the last 20 s at which another decoder could begin, one each 100 ms. */
export class OpusEntries {
  #places: EntryPoint[]

  /** @param first where this decoder began */
  constructor(first: EntryPoint) {
    this.#places = [first]
  }

  /** Notes the place behind the newest packet. */
  add(place: EntryPoint): void {
    if (place.sample < this.#places.at(-1)!.sample + STEP_SAMPLES) return
    this.#places.push(place)
    const second = this.#places[1]
    if (second !== undefined && second.sample <= place.sample - REACH_SAMPLES) this.#places.shift()
  }

  /** The last one a warm-up before this sample; the oldest where none is. */
  before(sample: number): EntryPoint {
    const warmedUp = this.#places.filter((place) => place.sample <= sample - WARM_UP_SAMPLES)
    return warmedUp.at(-1) ?? this.#places[0]!
  }
}
