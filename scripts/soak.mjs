// npm run soak: streams come, go and misbehave against a real server; memory, handles and latency are noted and drawn.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '../dist/src/cli/end-with-us.js'
import { flagsOf, makeOut } from './flags.mjs'
import { runClient } from './soak/clients.mjs'
import { plot } from './soak/plot.mjs'

const MAIN = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url))
const EVERY_MS = 5_000
/** What the last quarter may have more than the second, beside a tenth. */
const SLACK = { residentMiB: 24, handles: 8 }
/** Of what should not have been; all of it is counted. */
const MOST_TOLD = 20

const HELP = `npm run soak -- [--minutes 20] [--clients 8] [--transport ws] [--out soak]

Starts a server and lets streams come, go, lose packets and misbehave. Memory, handles and latency are noted every five seconds.

  --minutes N       how long; an hour shows what twenty minutes hide
  --clients N       how many at a time, each of a kind drawn by chance
  --transport NAME  ws or uws
  --out FOLDER      where soak.svg draws the course and soak.json holds it

Ends with 1 where memory or handles grow from the second quarter to the last, where a client was treated other than it should,
or where the server did not end with 0.`

const flags = flagsOf(HELP, { minutes: 20, clients: 8, transport: 'ws', out: 'soak' })
makeOut(flags.out)

const words = ['serve', '--port', '0', '--transport', flags.transport, '--log-level', 'error']
const server = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
endWithUs(server)
const ended = once(server, 'exit')
const first = await Promise.race([once(createInterface({ input: server.stdout }), 'line'), ended.then(() => [])])
const port = Number(/:(\d+)/.exec(first[0])?.[1])
if (Number.isNaN(port)) process.exit(1)

const ending = new AbortController()
const stopAt = performance.now() + flags.minutes * 60_000
const course = []
const clients = {}
const unexpected = []
let latencies = []
const note = {
  started: (kind) => {
    clients[kind] = (clients[kind] ?? 0) + 1
  },
  latency: (milliseconds) => latencies.push(milliseconds),
  unexpected: (what) => unexpected.push(what),
}

const running = Array.from({ length: flags.clients }, async (_, at) => {
  await wait(at * 700)
  while (!ending.signal.aborted) await runClient(port, ending.signal, note)
})
ended.then(() => ending.abort())
while (performance.now() < stopAt && !ending.signal.aborted) {
  await wait(EVERY_MS, undefined, { signal: ending.signal }).catch(() => {})
  try {
    course.push(await observe())
    if (process.stderr.isTTY) process.stderr.write(`\r${inWords(course.at(-1))} `)
  } catch (error) {
    unexpected.push(`no metrics: ${error.message}`)
  }
}
if (ending.signal.aborted) unexpected.push('the server ended by itself')
ending.abort()
await Promise.all(running)
server.kill('SIGTERM')
const [exitCode, exitSignal] = await ended
report(exitCode ?? exitSignal)

async function observe() {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const value = (name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1])
  const sorted = latencies.sort((a, b) => a - b)
  latencies = []
  return {
    minutes: flags.minutes - (stopAt - performance.now()) / 60_000,
    residentMiB: value('process_resident_memory_bytes') / 2 ** 20,
    heapMiB: value('nodejs_heap_size_used_bytes') / 2 ** 20,
    handles: handlesOf(server.pid),
    streams: value('earwitness_streams'),
    latencyP50: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    latencyP99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  }
}

function inWords({ minutes, residentMiB, handles, streams, latencyP99 }) {
  const figures = `${residentMiB.toFixed(0)} MiB, ${handles} handles, ${streams} streams, p99 ${latencyP99.toFixed(0)} ms`
  return `${minutes.toFixed(1)} of ${flags.minutes} min: ${figures}`
}

function handlesOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return Number.NaN
  }
}

function report(exit) {
  const of = (name) => course.map((point) => point[name])
  const svg = plot(of('minutes'), [
    { title: 'Resident memory', unit: 'MiB', values: of('residentMiB') },
    { title: 'Heap in use', unit: 'MiB', values: of('heapMiB') },
    { title: 'Open handles', unit: '', values: of('handles') },
    { title: 'Open streams', unit: '', values: of('streams') },
    { title: 'Latency of scores, p50 of each 5 s', unit: 'ms', values: of('latencyP50') },
    { title: 'Latency of scores, p99 of each 5 s', unit: 'ms', values: of('latencyP99') },
  ])
  writeFileSync(join(flags.out, 'soak.svg'), svg)
  const growing = Object.entries(SLACK).flatMap(([name, slack]) => {
    const [before, after] = [quarter(of(name), 1), quarter(of(name), 3)]
    return after > before * 1.1 + slack
      ? [`${name}: ${before.toFixed(0)} in the second quarter, ${after.toFixed(0)} in the last`]
      : []
  })
  const result = {
    minutes: flags.minutes,
    clients,
    secondQuarter: figures(1),
    lastQuarter: figures(3),
    growing,
    unexpected: unexpected.slice(0, MOST_TOLD),
    unexpectedInAll: unexpected.length,
    exit,
    load: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
  }
  writeFileSync(join(flags.out, 'soak.json'), `${JSON.stringify({ ...result, course }, null, 1)}\n`)
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  process.exitCode = growing.length + unexpected.length === 0 && exit === 0 ? 0 : 1
}

function figures(which) {
  const names = ['residentMiB', 'heapMiB', 'handles', 'streams', 'latencyP50', 'latencyP99']
  return Object.fromEntries(
    names.map((name) => [
      name,
      Math.round(
        quarter(
          course.map((point) => point[name]),
          which,
        ) * 10,
      ) / 10,
    ]),
  )
}

/** The median of one quarter of the run. */
function quarter(values, which) {
  const part = values.slice((values.length * which) / 4, (values.length * (which + 1)) / 4).filter(Number.isFinite)
  return part.sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? Number.NaN
}
