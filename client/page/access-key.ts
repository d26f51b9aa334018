import { element } from './elements.ts'

const KEPT_AS = 'earwitness-access-key'

/** The key for a server that wants one: asked for when it is missing or refused, kept until the tab is closed. */
export class AccessKey {
  readonly #form = element('key-form', HTMLFormElement)
  readonly #input = element('key', HTMLInputElement)

  /** @param given called when the user has given a key */
  constructor(given: () => void) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      sessionStorage.setItem(KEPT_AS, this.#input.value.trim())
      this.#input.value = ''
      this.#form.hidden = true
      given()
    })
  }

  get value(): string | undefined {
    return sessionStorage.getItem(KEPT_AS) ?? undefined
  }

  ask(): void {
    sessionStorage.removeItem(KEPT_AS)
    this.#form.hidden = false
    this.#input.focus()
  }

  dismiss(): void {
    this.#form.hidden = true
  }
}
