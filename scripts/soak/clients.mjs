// The clients of a soak: most behave, some lose and delay packets, some do what no client should.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import opus from '@discordjs/opus'
import { WebSocket } from 'ws'

const PACKET_MS = 20
const PACKET_BYTES = 640
const HEADER_BYTES = 44
/** How long a client waits for the server to close. */
const LONGEST_END_MS = 60_000

const speech = ['real-speech', 'fake-speech'].map((name) =>
  readFileSync(new URL(`../../test/fixtures/audio/${name}.wav`, import.meta.url)).subarray(HEADER_BYTES),
)

/** Runs one client, of a kind drawn by chance, to its end; `note` hears of latencies and of what should not have been. */
export async function runClient(port, signal, note, kind = anyKind()) {
  note.started(kind)
  try {
    await KINDS[kind](port, signal, note)
  } catch (error) {
    note.unexpected(`${kind}: ${error.message}`)
  }
}

function anyKind() {
  const kinds = Object.keys(KINDS)
  return kinds[Math.floor(Math.random() * kinds.length)]
}

const KINDS = {
  pcm: (port, signal, note) => speak(port, signal, note, {}),
  'pcm again': (port, signal, note) => speak(port, signal, note, {}),
  opus: (port, signal, note) => speak(port, signal, note, { encoding: 'opus' }),
  'opus with loss and jitter': (port, signal, note) =>
    speak(port, signal, note, { encoding: 'opus', loss: 0.05, jitterMs: 150 }),
  'gone without a word': (port, signal, note) => speak(port, signal, note, { vanish: true }),
  'garbage words': async (port) => {
    const { socket, closed } = await open(port)
    for (const text of ['{', '[]', '{"type":"__proto__"}', '\u0000', '{"type":"start","hop":"x"}']) socket.send(text)
    await expectClose(closed, 1008)
  },
  'garbage audio': async (port) => {
    const { socket, closed } = await open(port, { encoding: 'webm-opus' })
    socket.send(speech[0].subarray(0, 50_000))
    await expectClose(closed, 1003)
  },
  'a message too large': async (port) => {
    const { socket, closed } = await open(port)
    socket.send(new Uint8Array(300_000))
    await expectClose(closed, 1009)
  },
  'reads nothing': async (port, signal) => {
    const { socket } = await open(port)
    socket.pause()
    for (let sent = 0; sent < 500 && !signal.aborted; sent += 1) {
      socket.send('{"type":"?"}')
      await wait(PACKET_MS)
    }
    socket.terminate()
  },
  'half a handshake': async (port) => {
    const socket = createConnection(port, '127.0.0.1').on('error', () => {})
    socket.write('GET /v1/stream HTTP/1.1\r\nhost: x\r\n')
    await inTime(once(socket.resume(), 'close'))
  },
  'a file': async (port) => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/detect?encoding=s16le`, {
      method: 'POST',
      body: speech[1].subarray(0, 160_000),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`)
    const { summary, errors } = JSON.parse(text)
    if (summary === undefined || errors.length > 0)
      throw new Error(`an answer ${summary ? 'with' : 'without'} a summary and with ${errors.length} errors`)
  },
}

/** Sends speech in real time for half a minute or two, closes, and expects a summary and no error. */
async function speak(port, signal, note, { encoding = 's16le', loss = 0, jitterMs = 0, vanish = false }) {
  const { socket, closed } = await open(port, { encoding })
  const errors = new Set()
  let summaries = 0
  socket.on('message', (data) => {
    const event = JSON.parse(String(data))
    if (event.type === 'score') note.latency(event.latencyMs)
    if (event.type === 'summary') summaries += 1
    if (event.type === 'error') errors.add(event.code)
  })
  await sendPackets(socket, signal, { encoding, loss, jitterMs, seconds: 20 + Math.random() * 70 })
  if (vanish) socket.terminate()
  else socket.send('{"type":"close"}')
  const code = await inTime(closed)
  const asExpected = vanish || (code === 1000 && summaries === 1)
  if (asExpected && errors.size === 0) return
  const told = errors.size === 0 ? '' : ` and ${[...errors].join(', ')}`
  throw new Error(`closed with ${code} after ${summaries} summaries${told}`)
}

async function sendPackets(socket, signal, { encoding, loss, jitterMs, seconds }) {
  const audio = speech[Math.floor(Math.random() * speech.length)]
  const encoder = encoding === 'opus' ? new opus.OpusEncoder(16_000, 1) : undefined
  const started = performance.now()
  for (let packet = 0; packet < (seconds * 1000) / PACKET_MS && !signal.aborted; packet += 1) {
    const at = (packet * PACKET_BYTES) % (audio.length - PACKET_BYTES)
    const samples = audio.subarray(at, at + PACKET_BYTES)
    const message = encoder === undefined ? samples : encoder.encode(samples)
    if (socket.readyState !== WebSocket.OPEN) return
    if (Math.random() >= loss) socket.send(message)
    const due = started + (packet + 1) * PACKET_MS + (Math.random() < 0.02 ? Math.random() * jitterMs : 0)
    if (due > performance.now()) await wait(due - performance.now())
  }
}

/** An open socket, and the code that it will be closed with. */
async function open(port, query = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?${new URLSearchParams({ hop: '0.5', ...query })}`)
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  return { socket, closed }
}

async function expectClose(closed, expected) {
  const code = await inTime(closed)
  if (code !== expected) throw new Error(`closed with ${code}, not ${expected}`)
}

async function inTime(closed) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed after ${LONGEST_END_MS / 1000} s`)), LONGEST_END_MS)
  })
  return Promise.race([closed, late]).finally(() => clearTimeout(timer))
}
