import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

/** Twelve seconds at 16 kHz. */
export function fixture(name: 'real-speech.wav' | 'fake-speech.wav'): string {
  return fileURLToPath(new URL(`../fixtures/audio/${name}`, import.meta.url))
}

/** The page, open and ready, with everything that it complained of. */
export interface Visit {
  readonly page: Page
  readonly complaints: string[]
}

/** Opens the page at `url` and waits until its buttons work. */
export async function visit(
  browser: Browser | BrowserContext,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  await page.locator('#microphone:enabled').waitFor()
  return { page, complaints }
}

/** Waits until an element's text matches. */
export async function untilText(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: pattern }).waitFor()
}

/** Lets a file fall on the page, as from another window. */
export async function dropFile(page: Page, name: string, bytes: Buffer): Promise<void> {
  await page.evaluate(
    ([fileName, base64]) => {
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([content], fileName))
      for (const type of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
      }
    },
    [name, bytes.toString('base64')] as const,
  )
}

/** How many different colours a canvas shows. */
export function coloursOn(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    return new Set(new Uint32Array(data.buffer)).size
  })
}

/** How many pixels of each column of a canvas are painted above its middle. */
export function heightsAboveMiddle(page: Page, selector: string): Promise<number[]> {
  return page.locator(selector).evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height / 2)
    return Array.from({ length: width }, (_, x) => {
      let painted = 0
      for (let y = 0; y < height / 2; y += 1) if (data[(y * width + x) * 4 + 3]! > 0) painted += 1
      return painted
    })
  })
}
