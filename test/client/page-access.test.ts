import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, serve } from '../../src/server/serve.ts'
import { keyNamed } from '../server/access/scratch-files.ts'
import { CHROMIUM, launchChromium } from './chromium.ts'
import { lowContrasts } from './contrast.ts'
import { fixture, untilText, visit } from './page-visit.ts'

describe.skipIf(CHROMIUM === undefined)('the page for everybody (skipped without `chromium`)', () => {
  let server: RunningServer
  let browser: Browser
  let url: string

  beforeAll(async () => {
    server = await serve({ port: 0 })
    url = `http://127.0.0.1:${server.port}/`
    browser = await launchChromium(fixture('fake-speech.wav'))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  it('goes with the Tab key from the skip link through the sources to Stop', async () => {
    const { page } = await visit(browser, url)
    await page.getByRole('button', { name: 'Microphone' }).press('Enter')
    await untilText(page, '#connection-words', /^Connected$/)
    await page.getByRole('link', { name: 'Skip to the result' }).focus()
    expect(await tabThrough(page, 4)).toEqual(['Microphone', 'Sound file', 'Browser tab', 'Stop'])
    await page.close()
  })

  it('gives focus back to the source when Stop is pressed', async () => {
    const { page } = await visit(browser, url)
    await page.getByRole('button', { name: 'Microphone' }).press('Enter')
    await page.locator('#stop:enabled').press('Enter')
    await page.locator('#microphone:focus').waitFor()
    await page.close()
  })

  it('shows where the focus is', async () => {
    const { page } = await visit(browser, url)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
    expect(outline).toBe('solid')
    await page.close()
  })

  it('has a name for every control, picture and meter', async () => {
    const { page } = await visit(browser, url)
    const nameless = await page.evaluate(() => {
      const labelOf = (part: Element) => (part instanceof HTMLInputElement ? part.labels?.[0]?.textContent : undefined)
      return [...document.querySelectorAll('button, a, meter, [role="img"], input:not([hidden])')]
        .filter((part) => !(part.getAttribute('aria-label') ?? labelOf(part) ?? part.textContent ?? '').trim())
        .map((part) => part.outerHTML)
    })
    expect(nameless).toEqual([])
    await page.close()
  })

  it('announces the verdict, problems and alerts', async () => {
    const { page } = await visit(browser, url)
    const roles = await page.evaluate(() =>
      ['verdict-words', 'problem', 'alerts'].map((id) => {
        const part = document.getElementById(id)!
        return part.getAttribute('aria-live') ?? part.getAttribute('role')
      }),
    )
    expect(roles).toEqual(['polite', 'alert', 'log'])
    await page.close()
  })

  it.each(['light', 'dark'] as const)('keeps a contrast of 4.5 in all texts in %s', async (colorScheme) => {
    const { page } = await visit(browser, url, { colorScheme })
    await page.getByRole('button', { name: 'Microphone' }).click()
    await untilText(page, '#verdict-words', /likely|uncertain/)
    expect(await lowContrasts(page, 4.5)).toEqual([])
    await page.close()
  })

  it.each([320, 375, 768, 1440])('needs no sideways scrolling at %i pixels', async (width) => {
    const { page } = await visit(browser, url, { viewport: { width, height: 800 } })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    await page.close()
  })

  it('moves nothing by transition where less motion is wanted', async () => {
    const { page } = await visit(browser, url, { reducedMotion: 'reduce' })
    const duration = await page.locator('#gauge-mark').evaluate((mark) => getComputedStyle(mark).transitionProperty)
    expect(duration).toBe('none')
    await page.close()
  })
})

describe.skipIf(CHROMIUM === undefined)('the page of a server that wants a key (skipped without `chromium`)', () => {
  const { secret, stored } = keyNamed('visitor')
  let server: RunningServer
  let browser: Browser
  let url: string
  beforeAll(async () => {
    server = await serve({ port: 0, access: { keys: [stored] } })
    url = `http://127.0.0.1:${server.port}/`
    browser = await launchChromium(fixture('fake-speech.wav'))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  it('asks for it, says when it is wrong, goes on with the right one, and keeps it for the tab', async () => {
    const { page } = await visit(browser, url)
    expect(await page.locator('#key-form').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Microphone' }).click()
    await untilText(page, '#problem', /access key/)
    await page.locator('#key:focus').fill('not the key')
    await page.getByRole('button', { name: 'Use it' }).click()
    await page.locator('#key:focus').waitFor()
    await page.getByLabel('Access key').fill(secret)
    await page.keyboard.press('Enter')
    await untilText(page, '#connection-words', /^Connected$/)
    expect(await page.locator('#key-form').isVisible()).toBe(false)

    await page.reload()
    await page.locator('#microphone:enabled').click()
    await untilText(page, '#connection-words', /^Connected$/)
    const other = await visit(browser, url)
    await other.page.getByRole('button', { name: 'Microphone' }).click()
    await other.page.locator('#key:focus').waitFor()
    await other.page.close()
    await page.close()
  })

  it.each([320, 1440])('needs no sideways scrolling at %i pixels while it asks', async (width) => {
    const { page } = await visit(browser, url, { viewport: { width, height: 800 } })
    await page.getByRole('button', { name: 'Microphone' }).click()
    await page.locator('#key:focus').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    expect(await lowContrasts(page, 4.5)).toEqual([])
    await page.close()
  })
})

/** The names of the parts that get the focus, one Tab after the other. */
async function tabThrough(page: Page, count: number): Promise<string[]> {
  const names: string[] = []
  for (let i = 0; i < count; i++) {
    await page.keyboard.press('Tab')
    names.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ''))
  }
  return names
}
