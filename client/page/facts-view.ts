import type { ReadyEvent, ScoreEvent } from '../sdk/index.ts'
import { element, setText } from './elements.ts'
import { withUnit } from './figures.ts'

/** What judges, on what, and how far it has come. */
export class FactsView {
  readonly #model = element('fact-model', HTMLElement)
  readonly #provider = element('fact-provider', HTMLElement)
  readonly #window = element('fact-window', HTMLElement)
  readonly #sound = element('fact-sound', HTMLElement)
  readonly #judged = element('fact-judged', HTMLElement)
  readonly #notice = element('fact-notice', HTMLElement)
  #judgedWindows = 0
  #skippedWindows = 0

  showModel(model: { readonly name: string; readonly version: string }, provider: string): void {
    setText(this.#model, `${model.name} ${model.version}`)
    setText(this.#provider, provider)
  }

  showReady({ model, provider, window, hop }: ReadyEvent): void {
    this.showModel(model, provider)
    setText(this.#window, `${withUnit(window.toFixed(2), 's')}, every ${withUnit(hop, 's')}`)
  }

  begin(sampleRate: number): void {
    this.#judgedWindows = 0
    this.#skippedWindows = 0
    this.#showWindows()
    setText(this.#sound, `${withUnit(sampleRate / 1000, 'kHz')}, mono, ${withUnit(16, 'bit')}`)
    setText(this.#notice, 'none')
  }

  count(score: ScoreEvent): void {
    this.#skippedWindows += score.skipped
    if (score.windowFakeProbability !== null) this.#judgedWindows += 1
    this.#showWindows()
  }

  notice(words: string): void {
    setText(this.#notice, words)
  }

  #showWindows(): void {
    const skipped = this.#skippedWindows === 0 ? '' : `, ${this.#skippedWindows} skipped`
    setText(this.#judged, `${this.#judgedWindows}${skipped}`)
  }
}
