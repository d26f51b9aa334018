import { EarwitnessError } from '../protocol/errors.ts'
import type { StreamParameters } from '../protocol/parameters.ts'
import type { Scorer } from '../scoring/scorer.ts'
import type { Cost } from './capacity.ts'

type Demand = Pick<StreamParameters, 'channels' | 'downmix' | 'hop'>

/** Shares are added and taken away again. */
const ROUNDING = 1e-6
/** What a stream is taken for until it says more. */
const TYPICAL: Demand = { channels: 1, downmix: false, hop: 0.5 }

/** The part of each thread's time, and of the processor's, that the open streams ask for, by what a stream was measured to cost. */
export class Load {
  readonly #percent: number
  readonly #cores: number
  readonly #costs = new Map<Scorer, Cost>()
  readonly #models = new Map<Scorer, number>()
  #eventLoop = 0

  /**
   * @param percent of one thread's time that may be asked for, and of the cores' together
   * @param cores what this process may use: all of the machine's, or its share where it has others beside it
   */
  constructor(percent: number, cores: number) {
    this.#percent = percent
    this.#cores = cores
  }

  /** Until a model's cost is known, its streams count nothing. */
  learn(scorer: Scorer, cost: Cost): void {
    this.#costs.set(scorer, cost)
  }

  get eventLoop(): number {
    return this.#eventLoop
  }

  /** Of the busiest model. */
  get model(): number {
    return Math.max(0, ...this.#models.values())
  }

  /** Typical streams that could be open at once; 0 while the cost is not known. */
  roomFor(scorer: Scorer): number {
    const { model, eventLoop } = this.#shareOf(scorer, TYPICAL)
    const busiest = Math.max(model, eventLoop, (model + eventLoop) / this.#cores)
    return busiest === 0 ? 0 : Math.floor((this.#percent / 100 + ROUNDING) / busiest)
  }

  /** @throws EarwitnessError `too_many_streams` where one more such stream would be too much */
  check(scorer: Scorer, demand: Demand = TYPICAL): void {
    const share = this.#shareOf(scorer, demand)
    const model = (this.#models.get(scorer) ?? 0) + share.model
    const eventLoop = this.#eventLoop + share.eventLoop
    const allModels = sum(this.#models.values()) + share.model
    const busiest = Math.max(model, eventLoop, (allModels + eventLoop) / this.#cores)
    if (busiest <= this.#percent / 100 + ROUNDING) return
    throw new EarwitnessError(
      'too_many_streams',
      `with this stream ${Math.ceil(busiest * 100)} % of a thread or of all cores would be asked for, and at most ${this.#percent} % may be (loadPercent); try again later`,
    )
  }

  /** Counts a stream. Gives what is to be called once, at its end. */
  add(scorer: Scorer, demand: Demand = TYPICAL): () => void {
    const { model, eventLoop } = this.#shareOf(scorer, demand)
    this.#models.set(scorer, (this.#models.get(scorer) ?? 0) + model)
    this.#eventLoop += eventLoop
    return () => {
      this.#models.set(scorer, Math.max(0, this.#models.get(scorer)! - model))
      this.#eventLoop = Math.max(0, this.#eventLoop - eventLoop)
    }
  }

  #shareOf(scorer: Scorer, { channels, downmix, hop }: Demand): { model: number; eventLoop: number } {
    const cost = this.#costs.get(scorer)
    if (cost === undefined) return { model: 0, eventLoop: 0 }
    const scored = downmix ? 1 : channels
    return { model: (scored * cost.perWindow) / hop, eventLoop: scored * cost.perAudioSecond }
  }
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0)
}
