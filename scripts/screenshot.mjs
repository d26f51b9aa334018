// Writes docs/images/live-page*.png: the page in Chromium, listening to the fixtures (a human, then a synthesiser).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { endWithUs } from '../dist/src/cli/end-with-us.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const images = join(root, 'docs', 'images')
const WAV_HEADER_BYTES = 44
const LARGEST_BYTES = 400_000

const SHOTS = [
  { name: 'live-page.png', heard: 32, fullPage: true, size: [1440, 900], colorScheme: 'light', scale: 1 },
  { name: 'live-page-phone.png', heard: 10, fullPage: false, size: [375, 980], colorScheme: 'dark', scale: 2 },
]

const scratch = mkdtempSync(join(tmpdir(), 'earwitness-screenshot-'))
const server = spawn(process.execPath, [join(root, 'dist/src/cli/main.js'), 'serve', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'ignore'],
})
endWithUs(server)
let browser
try {
  browser = await launch(wavOf('real-speech.wav', 'fake-speech.wav', 'fake-speech.wav'))
  const address = await addressOf(server)
  mkdirSync(images, { recursive: true })
  for (const shot of SHOTS) await take(shot, address)
} finally {
  await browser?.close()
  server.kill()
  rmSync(scratch, { recursive: true })
}

async function take({ name, heard, fullPage, size: [width, height], colorScheme, scale }, address) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: scale })
  await page.goto(address)
  await page.click('#microphone:enabled')
  await page
    .locator('#verdict-words')
    .filter({ hasText: /likely|uncertain/ })
    .waitFor()
  await page
    .locator('#heard')
    .filter({ hasText: `0:${heard}` })
    .waitFor({ timeout: 60_000 })
  const path = join(images, name)
  await page.screenshot({ path, fullPage })
  await page.close()
  const { size } = statSync(path)
  process.stderr.write(`${name}: ${Math.round(size / 1000)} kB\n`)
  if (size > LARGEST_BYTES) throw new Error(`${name} has ${size} bytes; at most ${LARGEST_BYTES} are wanted`)
}

/** The fixtures one after the other, as one WAV file: all are 16 kHz, mono, 16 bit. */
function wavOf(...names) {
  const files = names.map((name) => readFileSync(join(root, 'test', 'fixtures', 'audio', name)))
  const samples = Buffer.concat(files.map((file) => file.subarray(WAV_HEADER_BYTES)))
  const header = Buffer.from(files[0].subarray(0, WAV_HEADER_BYTES))
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + samples.length, 4)
  header.writeUInt32LE(samples.length, WAV_HEADER_BYTES - 4)
  const path = join(scratch, 'voices.wav')
  writeFileSync(path, Buffer.concat([header, samples]))
  return path
}

function launch(wav) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${wav}`,
    ],
  })
}

async function addressOf(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /http:\/\/\S+/.exec(line)
    if (address !== null) return address[0]
  }
  const [code] = await once(child, 'exit')
  throw new Error(`the server ended with ${code} before it listened`)
}
