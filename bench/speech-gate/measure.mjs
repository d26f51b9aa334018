// How often the speech gate lets a window pass, by kind of sound, as one JSON document.
//   node bench/speech-gate/measure.mjs FOLDER [--measures FILE]
// FOLDER is what sounds.py made. Needs dist/ (npm run build). --measures also writes what fit.py fits.
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadFft } from '../../dist/src/dsp/fft.js'
import { FrameCues } from '../../dist/src/dsp/frame-cues.js'
import { SpeechEvidence } from '../../dist/src/stream/speech-evidence.js'
import { SpeechGate } from '../../dist/src/stream/speech-gate.js'

const SAMPLES = 327_680
const FRAMES = 2048
const PIECES = 82
/** Two pieces of evidence: so a window has them where a stream that begins with it has them. */
const HOP = 48
const WINDOWS = { '1 s': 100, '3 s': 300, '10.24 s': 1024 }
const LEAST_SPEECH_FRAMES = 50
/** Their words are elsewhere than in the clean version of the same item. */
const OWN_TIMING = new Set(['clean', 'rate 0.8', 'rate 1.5', 'whisper'])

const [folder, , measuresFile] = process.argv.slice(2)
const items = JSON.parse(readFileSync(join(folder, 'items.json'), 'utf8'))
const fft = await loadFft()
const file = openSync(join(folder, 'items.i16'), 'r')
const tallies = {}
const measures = []
let clean

for (const [at, item] of items.entries()) {
  const samples = readItem(at)
  if (OWN_TIMING.has(item.cond)) {
    const active = activeFrames(samples)
    if (item.cond === 'clean') clean = active
    count(item, samples, active)
  } else count(item, samples, clean)
  if (measuresFile !== undefined) measures.push(measuresOf(samples))
  if (process.stderr.isTTY) process.stderr.write(`\r${at + 1} of ${items.length}`)
}
closeSync(file)
if (measuresFile !== undefined) writeFileSync(measuresFile, Buffer.concat(measures))
const shares = Object.fromEntries(
  Object.entries(tallies).map(([key, [passed, all]]) => [key, Number((passed / all).toFixed(4))]),
)
console.log(JSON.stringify({ items: items.length, shares }))

function readItem(at) {
  const bytes = new Int16Array(SAMPLES)
  readSync(file, bytes, 0, 2 * SAMPLES, at * 2 * SAMPLES)
  return Float32Array.from(bytes, (sample) => sample / 32_768)
}

function count({ kind, half, cond }, samples, active) {
  const gate = new SpeechGate(FRAMES, 0.5, fft)
  gate.push(samples)
  for (const name of Object.keys(WINDOWS)) for (const of of ['all', cond]) tallies[keyOf(of, name)] ??= [0, 0]
  for (let start = 0; start < FRAMES; start += HOP) {
    for (const [name, frames] of Object.entries(WINDOWS)) {
      const end = start + frames
      if (end > FRAMES || (kind === 'speech' && speechFrames(active, start, end) < LEAST_SPEECH_FRAMES)) continue
      const passed = gate.judge(start, end, end, 0).reason === undefined
      for (const of of ['all', cond]) {
        tallies[keyOf(of, name)][0] += passed ? 1 : 0
        tallies[keyOf(of, name)][1] += 1
      }
    }
  }
  function keyOf(of, window) {
    return [half, kind, of, window].join(', ')
  }
}

/** Which frames are within 30 dB of the loud ones: where the words are. */
function activeFrames(samples) {
  const levels = []
  new FrameCues(fft).push(samples, ({ level }) => levels.push(level))
  const loud = [...levels].sort((a, b) => a - b)[Math.floor(FRAMES * 0.95)]
  return levels.map((level) => level > Math.max(-70, loud - 30))
}

function speechFrames(active, from, to) {
  let frames = 0
  for (let frame = from; frame < to; frame += 1) if (active[frame]) frames += 1
  return frames
}

/** float32, for each piece: 1 if it tells something, then its ten measures. */
function measuresOf(samples) {
  const values = new Float32Array(PIECES * 11)
  const evidence = new SpeechEvidence()
  let piece = 0
  new FrameCues(fft).push(samples, (cues) => {
    const logOdds = evidence.push(cues)
    if (logOdds === undefined) return
    values.set([Number.isFinite(logOdds) ? 1 : 0, ...evidence.measures], 11 * piece)
    piece += 1
  })
  return Buffer.from(values.buffer)
}
