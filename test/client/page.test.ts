import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, serve } from '../../src/server/serve.ts'
import { asWav, fakeSpeech, firstSeconds, realSpeech } from '../fixtures/recordings.ts'
import { CHROMIUM, launchChromium, SHARED_TITLE } from './chromium.ts'
import { coloursOn, dropFile, fixture, heightsAboveMiddle, untilText, type Visit, visit } from './page-visit.ts'

const JUDGED = /likely real|uncertain|likely fake/

describe.skipIf(CHROMIUM === undefined)('the page in Chromium (skipped where `chromium` is not on the PATH)', () => {
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

  it('names the model and its provider before anything is heard', async () => {
    const { page } = await visit(browser, url)
    await untilText(page, '#fact-model', /^earwitness-\w+ \d/)
    await untilText(page, '#fact-provider', /cpu|webgpu/)
    await page.close()
  })

  describe('listening to the microphone', () => {
    let listening: Visit

    beforeAll(async () => {
      listening = await visit(browser, url)
      await listening.page.getByRole('button', { name: 'Microphone' }).click()
      await untilText(listening.page, '#verdict-words', JUDGED)
    })
    afterAll(() => listening?.page.close())

    it('says that it is connected', () => untilText(listening.page, '#connection-words', /^Connected$/))

    it('shows the smoothed probability as a number', () =>
      untilText(listening.page, '#fake-probability', /^([<>]?0\.\d\d)$/))

    it('draws the chart and says its newest value', async () => {
      await listening.page.locator('#chart[aria-label*="Now "]').waitFor()
      expect(await coloursOn(listening.page, '#chart canvas')).toBeGreaterThan(5)
    })

    it('shows the mel frames of what it hears', async () => {
      expect(await coloursOn(listening.page, '#mel')).toBeGreaterThan(50)
    })

    it('moves on as the sound goes on', async () => {
      const judged = () => listening.page.locator('#fact-judged').textContent().then(Number)
      const before = await judged()
      await listening.page.waitForFunction(
        (least) => Number(document.querySelector('#fact-judged')?.textContent) > least,
        before,
      )
      expect(await judged()).toBeGreaterThan(before)
    })

    it('sums up when it is stopped, and can start again', async () => {
      await listening.page.getByRole('button', { name: 'Stop' }).click()
      await untilText(listening.page, '#verdict-why', /heard/)
      await untilText(listening.page, '#connection-words', /^Not connected$/)
      await listening.page.getByRole('button', { name: 'Microphone' }).click()
      await untilText(listening.page, '#verdict-words', JUDGED)
    })

    it('leaves no error and no warning on the console', () => {
      expect(listening.complaints).toEqual([])
    })
  })

  it('plays a dropped file to its end and sums up what it heard', async () => {
    const { page, complaints } = await visit(browser, url)
    await page.locator('h1').click()
    await dropFile(page, 'caller.wav', await readFile(fixture('real-speech.wav')))
    await untilText(page, '#source-words', /^Playing caller\.wav$/)
    await untilText(page, '#verdict-words', JUDGED)
    await untilText(page, '#verdict-why', /0:12 heard/)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('draws under the frames of three synthetic seconds in human speech that they speak for fake', async () => {
    const human = firstSeconds(realSpeech, 7)
    const parts = [firstSeconds(human, 5), firstSeconds(fakeSpeech, 3), human.subarray(5 * 32_000)]
    const { page, complaints } = await visit(browser, url)
    expect(await page.locator('#evidence').isVisible()).toBe(false)
    await page.locator('h1').click()
    await dropFile(page, 'cut.wav', Buffer.from(asWav(Buffer.concat(parts))))
    await untilText(page, '#verdict-why', /0:10 heard/)
    const heights = await heightsAboveMiddle(page, '#evidence')
    const ink = (from: number, to: number) => heights.slice(from, to).reduce((sum, height) => sum + height, 0)
    // Ten seconds end 64 ms before the right edge of 1024 columns of 10 ms; a quarter second is the strip's own grain.
    const columnAt = (seconds: number) => heights.length - 994 + seconds * 100
    const inside = ink(columnAt(4.7), columnAt(8.3))
    expect(inside).toBeGreaterThan(0.8 * ink(0, heights.length))
    expect(ink(columnAt(4.7), columnAt(6))).toBeGreaterThan(0)
    await page.locator('#evidence[aria-label*="most for fake at 0:0"]').waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  it('plays a chosen file at its own rate', async () => {
    const { page } = await visit(browser, url)
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Sound file' }).click()
    await (await chooser).setFiles(fixture('real-speech.wav'))
    await untilText(page, '#fact-sound', /^16\skHz/)
    await untilText(page, '#verdict-words', JUDGED)
    await page.close()
  })

  it('judges the sound of another tab', async () => {
    const sound = (await readFile(fixture('fake-speech.wav'))).toString('base64')
    const context = await browser.newContext()
    const radio = await context.newPage()
    await radio.setContent(`<title>${SHARED_TITLE}</title><button>Play</button>
      <audio src="data:audio/wav;base64,${sound}" loop></audio>
      <script>document.querySelector('button').onclick = () => document.querySelector('audio').play()</script>`)
    await radio.getByRole('button').click()
    const { page, complaints } = await visit(context, url)
    await page.bringToFront()
    await page.getByRole('button', { name: 'Browser tab' }).click()
    await untilText(page, '#source-words', /^Listening to the browser tab$/)
    await untilText(page, '#verdict-words', JUDGED)
    expect(complaints).toEqual([])
    await context.close()
  })
})
