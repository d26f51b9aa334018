import type { ConnectionState } from '../sdk/index.ts'
import { element, setText } from './elements.ts'
import { CONNECTION_WORDS } from './words.ts'

/** The state of the connection, in words beside a dot. */
export class ConnectionView {
  readonly #place = element('connection', HTMLElement)
  readonly #words = element('connection-words', HTMLElement)

  show(state: ConnectionState): void {
    this.#place.dataset.state = state
    setText(this.#words, CONNECTION_WORDS[state])
  }
}
