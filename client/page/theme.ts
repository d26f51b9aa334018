/** The colours of the style sheet, for what is drawn on a canvas. */
export interface Theme {
  readonly panel: string
  readonly ink: string
  readonly muted: string
  readonly line: string
  readonly fake: string
  readonly real: string
  readonly fakeWash: string
  readonly idleWash: string
  readonly font: string
}

/** The colours as they are now: they change with the user's preference for light or dark. */
export function currentTheme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  return {
    panel: colour('--panel'),
    ink: colour('--ink'),
    muted: colour('--muted'),
    line: colour('--line'),
    fake: colour('--fake'),
    real: colour('--real'),
    fakeWash: colour('--fake-wash'),
    idleWash: colour('--idle-wash'),
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  }
}

/** Calls `listener` whenever the user's preference changes. */
export function onThemeChange(listener: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener)
}
