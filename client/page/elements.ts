/** The element of this id, of this kind. @throws TypeError where the page and the program disagree. */
export function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new TypeError(`the page has no ${kind.name} with the id "${id}"`)
}

/** Changes a text only where it differs, so that screen readers are not told the same thing twice. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
