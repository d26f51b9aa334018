import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { connect } from '../../client/sdk/index.ts'
import { type RunningServer, serve } from '../../src/server/serve.ts'
import { asWav, realSpeechWav } from '../fixtures/recordings.ts'
import { CHROMIUM, launchChromium, UNTRUSTED_HOST } from './chromium.ts'
import { dropFile, fixture, untilText, visit } from './page-visit.ts'
import { startServerProcess } from './server-process.ts'

/** Presses Microphone, waits for the words that it failed, and gives the states of the tracks that it was given. */
async function tracksAfterFailing(page: Page): Promise<MediaStreamTrackState[]> {
  await page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const media = await ask(wanted)
      Object.assign(globalThis, { media })
      return media
    }
  })
  await page.getByRole('button', { name: 'Microphone' }).click()
  await untilText(page, '#problem', /This did not work/)
  return page.evaluate(() =>
    (globalThis as unknown as { media: MediaStream }).media.getTracks().map((track) => track.readyState),
  )
}

const JUDGED = /likely real|uncertain|likely fake/

describe.skipIf(CHROMIUM === undefined)('the page when something fails (skipped without `chromium`)', () => {
  let server: RunningServer
  let browser: Browser
  let url: string

  beforeAll(async () => {
    server = await serve({ port: 0, limits: { streams: 1 } })
    url = `http://127.0.0.1:${server.port}/`
    browser = await launchChromium(fixture('fake-speech.wav'))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  it('says which file cannot be decoded', async () => {
    const { page } = await visit(browser, url)
    await page.locator('h1').click()
    await dropFile(page, 'letter.txt', Buffer.from('Dear Sir or Madam'))
    await untilText(page, '#problem', /“letter\.txt” cannot be decoded/)
    await page.close()
  })

  it('says that no sound can be heard on an address that the browser does not trust', async () => {
    const { page } = await visit(browser, `http://${UNTRUSTED_HOST}:${server.port}/`)
    await page.locator('h1').click()
    await dropFile(page, 'speech.wav', readFileSync(fixture('real-speech.wav')))
    await untilText(page, '#problem', /only pages on https/)
    await page.close()
  })

  it.each([
    ['NotAllowedError', /was not allowed/],
    ['NotFoundError', /No microphone was found/],
    ['NotReadableError', /another program/],
  ])('says in words that the microphone failed with %s', async (name, words) => {
    const { page } = await visit(browser, url)
    await page.evaluate((failure) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', failure))
    }, name)
    await page.getByRole('button', { name: 'Microphone' }).click()
    await untilText(page, '#problem', words)
    await page.close()
  })

  it('lets go of the microphone where it cannot listen to it', async () => {
    const { page } = await visit(browser, url)
    await page.evaluate(() => {
      AudioWorklet.prototype.addModule = () => Promise.reject(new DOMException('gone', 'AbortError'))
    })
    expect(await tracksAfterFailing(page)).toEqual(['ended'])
    await page.close()
  })

  it('lets go of the microphone where the browser gives no audio context', async () => {
    const { page } = await visit(browser, url)
    await page.evaluate(() => {
      globalThis.AudioContext = class {
        constructor() {
          throw new DOMException('no device', 'NotSupportedError')
        }
      } as unknown as typeof AudioContext
    })
    expect(await tracksAfterFailing(page)).toEqual(['ended'])
    await page.close()
  })

  it('leaves no stream open where a sound cannot be started', async () => {
    const { page } = await visit(browser, url)
    await page.evaluate(() => {
      AudioContext.prototype.createMediaStreamSource = () => {
        throw new DOMException('the rates differ', 'NotSupportedError')
      }
    })
    expect(await tracksAfterFailing(page)).toEqual(['ended'])
    await untilText(page, '#connection-words', /^Not connected$/)
    await page.close()
  })

  it('does not say that it listens when the sound has ended within a second', async () => {
    const { page } = await visit(browser, url)
    await page.locator('h1').click()
    await dropFile(page, 'word.wav', Buffer.from(asWav(realSpeechWav.subarray(44, 16_044))))
    await untilText(page, '#verdict-why', /0:00 heard/)
    expect(await page.locator('#verdict-words').textContent()).toBe('not enough speech')
    await page.close()
  })

  it('judges a file where the device runs at a rate that no server takes', async () => {
    const { page } = await visit(browser, url)
    await page.evaluate(() => {
      globalThis.AudioContext = class extends AudioContext {
        constructor(options: AudioContextOptions = {}) {
          super({ sampleRate: 192_000, ...options })
        }
      }
    })
    await page.locator('h1').click()
    const file = Buffer.from(asWav(new Uint8Array(2 * 384_000)))
    file.writeUInt32LE(192_000, 24)
    file.writeUInt32LE(384_000, 28)
    await dropFile(page, 'silence.wav', file)
    await untilText(page, '#verdict-why', /0:02 heard/)
    await page.close()
  })

  it('listens where the picture of the sound cannot be drawn', async () => {
    const context = await browser.newContext()
    await context.route('**/pffft.wasm', (route) => route.abort())
    const { page } = await visit(context, url)
    expect(await page.locator('#mel').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Microphone' }).click()
    await untilText(page, '#verdict-words', JUDGED)
    await context.close()
  })

  it('says that nothing was heard where it is stopped before any sound', async () => {
    const { page, complaints } = await visit(browser, url)
    await page.evaluate(() => {
      globalThis.AudioContext = class extends AudioContext {
        constructor(options?: AudioContextOptions) {
          super(options)
          void this.suspend()
        }
        override async resume(): Promise<void> {}
      }
    })
    await page.getByRole('button', { name: 'Microphone' }).click()
    await untilText(page, '#connection-words', /^Connected$/)
    await page.getByRole('button', { name: 'Stop' }).click()
    await untilText(page, '#verdict-words', /nothing heard/)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('says that a shared tab came without sound, and lets go of it', async () => {
    const { page } = await visit(browser, url)
    await page.evaluate(() => {
      const picture = document.createElement('canvas').captureStream()
      navigator.mediaDevices.getDisplayMedia = () => Promise.resolve(picture)
      Object.assign(globalThis, { picture })
    })
    await page.getByRole('button', { name: 'Browser tab' }).click()
    await untilText(page, '#problem', /came without sound/)
    const states = await page.evaluate(() =>
      (globalThis as unknown as { picture: MediaStream }).picture.getTracks().map((track) => track.readyState),
    )
    expect(states).toEqual(['ended'])
    await page.close()
  })

  it('says that the server is full, and listens once there is room', async () => {
    const holder = connect(url, {}, { WebSocket })
    await new Promise((resolve) => holder.on('ready', resolve))
    const { page } = await visit(browser, url)
    await page.getByRole('button', { name: 'Microphone' }).click()
    await untilText(page, '#problem', /The server is full/)
    await holder.close()
    await untilText(page, '#verdict-words', JUDGED)
    await page.close()
  })

  it('goes on with the same stream when the server is killed and another one takes its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earwitness-page-'))
    writeFileSync(join(folder, 'secret'), 'no secret at all, but thirty-two bytes and more of it')
    const flags = ['--token-secret', join(folder, 'secret')]
    const first = await startServerProcess(0, flags)
    const { page } = await visit(browser, first.url)
    await page.getByRole('button', { name: 'Microphone' }).click()
    const started = performance.now()
    await untilText(page, '#fact-judged', /^1[6-9]$/)
    const secondsBefore = Math.floor((performance.now() - started) / 1000)
    await first.kill()
    await untilText(page, '#connection-words', /trying again/)
    const second = await startServerProcess(first.port, flags)
    await untilText(page, '#connection-words', /^Connected$/)
    await page.getByRole('button', { name: 'Stop' }).click()
    await untilText(page, '#verdict-why', /\d:\d\d heard/)
    const [, minutes, seconds] =
      /(\d+):(\d+) heard/.exec((await page.locator('#verdict-why').textContent()) ?? '') ?? []
    expect(Number(minutes) * 60 + Number(seconds)).toBeGreaterThanOrEqual(secondsBefore)
    rmSync(folder, { recursive: true })
    await page.close()
    await second.kill()
  })
})
