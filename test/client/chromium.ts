import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian's Chromium is, or undefined. */
export const CHROMIUM = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((path) => existsSync(path))

/** The title of a page whose sound is what "Browser tab" gets. */
export const SHARED_TITLE = 'radio of the tests'

/** A name of this machine that a browser does not trust as it does localhost. */
export const UNTRUSTED_HOST = 'elsewhere.test'

/** A browser that asks nobody, calls nobody, and whose microphone hears `wav` from its beginning, again and again. */
export function launchChromium(wav: string): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    // A muted browser has silent tabs.
    ignoreDefaultArgs: ['--mute-audio'],
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--host-resolver-rules=MAP ${UNTRUSTED_HOST} 127.0.0.1`,
      `--auto-select-tab-capture-source-by-title=${SHARED_TITLE}`,
      `--use-file-for-fake-audio-capture=${wav}`,
    ],
  })
}
