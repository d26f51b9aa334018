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
const GOOD_CLOSES = new Set([1000])

const speech = ['real-speech', 'fake-speech'].map((name) =>
  readFileSync(new URL(`../../test/fixtures/audio/${name}.wav`, import.meta.url)).subarray(HEADER_BYTES),
)

/** Runs one client of a random kind to its end; `note` hears of latencies and of what should not have been. */
export async function runClient(port, signal, note) {
  const kinds = Object.entries(KINDS)
  const [kind, run] = kinds[Math.floor(Math.random() * kinds.length)]
  note.started(kind)
  try {
    await run(port, signal, note)
  } catch (error) {
    note.unexpected(`${kind}: ${error.message}`)
  }
}

const KINDS = {
  pcm: (port, signal, note) => speak(port, signal, note, {}),
  'pcm again': (port, signal, note) => speak(port, signal, note, {}),
  opus: (port, signal, note) => speak(port, signal, note, { encoding: 'opus' }),
  'opus with loss and jitter': (port, signal, note) =>
    speak(port, signal, note, { encoding: 'opus', loss: 0.05, jitterMs: 150 }),
  'gone without a word': (port, signal, note) => speak(port, signal, note, { vanish: true }),
  'garbage words': async (port) => {
    const socket = await open(port)
    for (const text of ['{', '[]', '{"type":"__proto__"}', '\u0000', '{"type":"start","hop":"x"}']) socket.send(text)
    await once(socket, 'close')
  },
  'garbage audio': async (port) => {
    const socket = await open(port, { encoding: 'webm-opus' })
    socket.send(speech[0].subarray(0, 50_000))
    await once(socket, 'close')
  },
  'a message too large': async (port) => {
    const socket = await open(port)
    socket.send(new Uint8Array(300_000))
    await once(socket, 'close')
  },
  'reads nothing': async (port, signal) => {
    const socket = await open(port)
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
    await once(socket.resume(), 'close')
  },
  'a file': async (port) => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/detect?encoding=s16le`, {
      method: 'POST',
      body: speech[1].subarray(0, 160_000),
    })
    await response.arrayBuffer()
  },
}

/** Sends speech in real time for half a minute or two, closes and expects a summary. */
async function speak(port, signal, note, { encoding = 's16le', loss = 0, jitterMs = 0, vanish = false }) {
  const socket = await open(port, { encoding })
  let summaries = 0
  socket.on('message', (data) => {
    const event = JSON.parse(String(data))
    if (event.type === 'score') note.latency(event.latencyMs)
    if (event.type === 'summary') summaries += 1
  })
  const closed = once(socket, 'close')
  await sendPackets(socket, signal, { encoding, loss, jitterMs, seconds: 20 + Math.random() * 70 })
  if (vanish) {
    socket.terminate()
    return
  }
  socket.send('{"type":"close"}')
  const [code] = await closed
  if (!GOOD_CLOSES.has(code) || summaries !== 1) note.unexpected(`closed with ${code} after ${summaries} summaries`)
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

async function open(port, query = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?${new URLSearchParams({ hop: '0.5', ...query })}`)
  socket.on('error', () => {})
  await once(socket, 'open')
  return socket
}
