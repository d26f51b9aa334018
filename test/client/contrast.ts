import type { Page } from 'playwright-core'

/**
 * The visible texts of the page whose contrast with what is behind them is below `least`, by the formula of WCAG 2.2
 * (relative luminance in sRGB). Texts of disabled controls do not count, as there.
 */
export function lowContrasts(page: Page, least: number): Promise<string[]> {
  return page.evaluate((bound) => {
    type Colour = [number, number, number, number]
    const parse = (css: string): Colour => {
      const [red, green, blue, alpha = 1] = css.match(/[\d.]+/g)!.map(Number)
      return [red, green, blue, alpha]
    }
    const over = (top: Colour, bottom: Colour): Colour => {
      const mix = (i: 0 | 1 | 2) => top[i] * top[3] + bottom[i] * (1 - top[3])
      return [mix(0), mix(1), mix(2), 1]
    }
    const background = (part: Element | null): Colour => {
      if (part === null) return [255, 255, 255, 1]
      const own = parse(getComputedStyle(part).backgroundColor)
      return own[3] === 1 ? own : over(own, background(part.parentElement))
    }
    const luminance = (colour: Colour) => {
      const [red, green, blue] = colour.map((value) => {
        const share = value / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const contrast = (a: Colour, b: Colour) => {
      const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
      return (light + 0.05) / (dark + 0.05)
    }
    const hasText = (part: Element) =>
      [...part.childNodes].some(
        ({ nodeType, data }: ChildNode & { data?: string }) => nodeType === Node.TEXT_NODE && data?.trim() !== '',
      )
    return [...document.body.querySelectorAll('*')]
      .filter((part) => hasText(part) && part.getClientRects().length > 0 && part.closest(':disabled') === null)
      .map((part) => {
        const behind = background(part)
        const ratio = contrast(over(parse(getComputedStyle(part).color), behind), behind)
        return { ratio, text: part.textContent?.trim() }
      })
      .filter(({ ratio }) => ratio < bound)
      .map(({ ratio, text }) => `${ratio.toFixed(2)}: ${text}`)
  }, least)
}
