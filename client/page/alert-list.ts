import type { AlertEvent } from '../sdk/index.ts'
import { element } from './elements.ts'
import { preciseClockText, probabilityText } from './figures.ts'

const MOST_SHOWN = 50

/** The alerts of this page's life, newest first, with their times on the page's clock. */
export class AlertList {
  readonly #list = element('alerts', HTMLOListElement)
  readonly #none = element('no-alerts', HTMLElement)
  #raised: { readonly item: HTMLLIElement; readonly onset: number; peak: number } | undefined

  /** @param onset and `at` are seconds on the page's clock. */
  add(alert: AlertEvent, onset: number, at: number): void {
    if (alert.state === 'raised') this.#raise(onset, alert.fakeProbability)
    else this.end(at)
  }

  /** Keeps the highest value of an alert that is raised. */
  follow(fakeProbability: number | null): void {
    if (this.#raised === undefined || fakeProbability === null || fakeProbability <= this.#raised.peak) return
    this.#raised.peak = fakeProbability
  }

  /** The raised alert, if there is one, is over. */
  end(at: number): void {
    if (this.#raised === undefined) return
    const { item, onset, peak } = this.#raised
    this.#raised = undefined
    describe(
      item,
      'cleared',
      `${preciseClockText(onset)} to ${preciseClockText(at)}`,
      `at most ${probabilityText(peak)}`,
    )
  }

  clear(): void {
    this.#raised = undefined
    this.#list.replaceChildren()
    this.#none.hidden = false
  }

  #raise(onset: number, fakeProbability: number): void {
    const item = document.createElement('li')
    describe(item, 'raised', `since ${preciseClockText(onset)}`, 'goes on')
    this.#raised = { item, onset, peak: fakeProbability }
    this.#list.prepend(item)
    while (this.#list.children.length > MOST_SHOWN) this.#list.lastElementChild?.remove()
    this.#none.hidden = true
  }
}

function describe(item: HTMLLIElement, state: AlertEvent['state'], when: string, peak: string): void {
  const words = document.createElement('span')
  words.textContent = `Fake voice ${when}`
  const figure = document.createElement('span')
  figure.className = 'peak'
  figure.textContent = peak
  item.dataset.state = state
  item.replaceChildren(words, figure)
}
