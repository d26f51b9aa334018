import { element, setText } from './elements.ts'
import { clockText } from './figures.ts'
import { waitsForGesture } from './start-context.ts'
import { canShareTab } from './tab-source.ts'

export type SourceKind = 'microphone' | 'file' | 'tab'

export interface SourceBarHandlers {
  microphone(): void
  tab(): void
  file(file: File): void
  stop(): void
}

/** The buttons that start and stop a sound, and the words about it. */
export class SourceBar {
  readonly #buttons: Readonly<Record<SourceKind, HTMLButtonElement>> = {
    microphone: element('microphone', HTMLButtonElement),
    file: element('file', HTMLButtonElement),
    tab: element('tab', HTMLButtonElement),
  }
  readonly #stop = element('stop', HTMLButtonElement)
  readonly #chooser = element('file-input', HTMLInputElement)
  readonly #words = element('source-words', HTMLElement)
  readonly #heard = element('heard', HTMLElement)
  readonly #problem = element('problem', HTMLElement)
  #active: SourceKind | undefined
  #playing = ''

  constructor(handlers: SourceBarHandlers) {
    this.#buttons.microphone.addEventListener('click', handlers.microphone)
    this.#buttons.tab.addEventListener('click', handlers.tab)
    this.#buttons.file.addEventListener('click', () => this.#chooser.click())
    this.#stop.addEventListener('click', handlers.stop)
    this.#chooser.addEventListener('change', () => {
      const [file] = this.#chooser.files ?? []
      this.#chooser.value = ''
      if (file !== undefined) handlers.file(file)
    })
    this.#buttons.microphone.disabled = false
    this.#buttons.file.disabled = false
    if (canShareTab()) this.#buttons.tab.disabled = false
    else this.#buttons.tab.title = 'This browser cannot share the sound of a tab.'
  }

  started(kind: SourceKind, name: string): void {
    this.#press(kind)
    this.#stop.disabled = false
    this.#playing = kind === 'file' ? `Playing ${name}` : `Listening to the ${name}`
    setText(this.#words, waitsForGesture() ? `Click or press a key to play ${name}` : this.#playing)
    setText(this.#heard, clockText(0))
  }

  stopped(): void {
    const hadFocus = document.activeElement === this.#stop
    const last = this.#active
    this.#stop.disabled = true
    if (hadFocus && last !== undefined) this.#buttons[last].focus()
    this.#press(undefined)
    setText(this.#words, 'Stopped after')
  }

  heard(seconds: number): void {
    setText(this.#words, this.#playing)
    setText(this.#heard, clockText(seconds))
  }

  problem(words: string | undefined): void {
    this.#problem.hidden = words === undefined
    setText(this.#problem, words ?? '')
  }

  #press(kind: SourceKind | undefined): void {
    this.#active = kind
    for (const [name, button] of Object.entries(this.#buttons)) {
      button.setAttribute('aria-pressed', String(name === kind))
    }
  }
}
