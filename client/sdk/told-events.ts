import type { ServerEvent } from '../../src/protocol/events.ts'

/** How far the events of each kind and channel have come: `seq` of scores, seconds of all others. */
type Marks = Map<string, number>

/**
 * What a server has told of a stream, so that a resumed one, which begins a little before the interruption, says nothing
 * twice.
 */
export class ToldEvents {
  #marks: Marks = new Map()
  /** As they were at the interruption. */
  #told: Marks = new Map()
  #summaries = 0
  #summary = 0

  /** The stream goes on from where so many `finalize` had been answered. */
  interrupt(finalized: number): void {
    this.#told = new Map(this.#marks)
    this.#summary = finalized
  }

  /** Takes each event once, in its order; false for one that was told before. */
  isNew(event: ServerEvent): boolean {
    if (event.type === 'summary') return this.#isNewSummary()
    const place = placeOf(event)
    if (place === undefined) return true
    const [key, at] = place
    if (at <= (this.#told.get(key) ?? Number.NEGATIVE_INFINITY)) return false
    this.#marks.set(key, at)
    return true
  }

  #isNewSummary(): boolean {
    this.#summary += 1
    if (this.#summary <= this.#summaries) return false
    this.#summaries = this.#summary
    return true
  }
}

function placeOf(event: ServerEvent): [string, number] | undefined {
  switch (event.type) {
    case 'score':
      return [`score ${event.channel}`, event.seq]
    case 'alert':
      return [`alert ${event.channel}`, event.at]
    case 'warning':
      return event.at === undefined ? undefined : [`${event.code} ${event.channel ?? ''}`, event.at]
    case 'error':
      return event.end === undefined ? undefined : [`error ${event.channel ?? ''}`, event.end]
    default:
      return undefined
  }
}
