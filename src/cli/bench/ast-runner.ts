/**
 * A process of its own for one edition of an AST in `earwitness bench ast`: FOLDER EDITION THREADS. Each line of input runs
 * the first window from samples to logit and answers with its seconds, the processor's, and the largest memory; `all` answers with
 * the logits of the stored frames of every window, `operators` with the milliseconds of each kind of node.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadFft } from '../../dsp/fft.ts'
import { createFrontEnd, TORCHAUDIO_MEL } from '../../dsp/front-ends.ts'
import { InferenceSession, Tensor } from '../../scoring/onnxruntime.ts'
import { sessionOptions } from '../../scoring/session-options.ts'

const SAMPLES = 163_840
const FRAMES = 1024
const BINS = 128
const PROFILED_RUNS = 3

const [folder, edition, threads] = process.argv.slice(2) as [string, string, string]
const model = join(folder, `${edition}.onnx`)
const options = sessionOptions('cpu', Number(threads))
const session = await InferenceSession.create(model, options)
const fft = await loadFft()
const audio = float32In('audio.f32').subarray(0, SAMPLES).slice()

for await (const line of createInterface({ input: process.stdin })) {
  const answer = line === 'all' ? await all() : line === 'operators' ? await operators() : await round()
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

async function round(): Promise<object> {
  const started = performance.now()
  const before = process.cpuUsage()
  const logit = await score(session, framesOf(audio))
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(before)
  return { seconds, cpuSeconds: (user + system) / 1e6, peakMiB: peakMiB(), logit }
}

/** On Linux from /proc: what resourceUsage says has the parent's memory in it, from before this program began. */
function peakMiB(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
}

async function all(): Promise<object> {
  const frames = float32In('frames.f32')
  const logits: number[] = []
  for (let at = 0; at < frames.length; at += FRAMES * BINS) {
    logits.push(await score(session, frames.slice(at, at + FRAMES * BINS)))
  }
  return { logits }
}

/** Runs of their own with onnxruntime's profile, after one to warm up. */
async function operators(): Promise<object> {
  const profiled = await InferenceSession.create(model, {
    ...options,
    enableProfiling: true,
    profileFilePrefix: join(folder, edition),
  })
  const frames = framesOf(audio)
  for (let run = 0; run < PROFILED_RUNS; run += 1) await score(profiled, frames)
  profiled.endProfiling()
  const name = readdirSync(folder).find((file) => file.startsWith(`${edition}_`) && file.endsWith('.json'))!
  const events: ProfileEvent[] = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  rmSync(join(folder, name))
  return { milliseconds: byOperator(events) }
}

interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly args?: { readonly op_name?: string }
}

/** Milliseconds of one run by kind of node, the costliest first; what is below a tenth is left out. */
function byOperator(events: readonly ProfileEvent[]): Record<string, number> {
  const sums = new Map<string, number>()
  for (const { cat, name, dur, args } of events) {
    // A Scan holds all others: it is not one of them.
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || args?.op_name === undefined || args.op_name === 'Scan')
      continue
    sums.set(args.op_name, (sums.get(args.op_name) ?? 0) + dur / 1000 / PROFILED_RUNS)
  }
  const listed = [...sums].filter(([, milliseconds]) => milliseconds >= 0.1).sort((a, b) => b[1] - a[1])
  return Object.fromEntries(listed.map(([name, milliseconds]) => [name, Math.round(milliseconds * 10) / 10]))
}

function framesOf(samples: Float32Array): Float32Array {
  const frames = new Float32Array(FRAMES * BINS)
  let count = 0
  const keep = (frame: Float32Array): void => {
    if (count < FRAMES) frames.set(frame, count * BINS)
    count += 1
  }
  const frontEnd = createFrontEnd(TORCHAUDIO_MEL, fft)
  frontEnd.push(samples, keep)
  frontEnd.flush(keep)
  return frames
}

async function score(of: InferenceSession, frames: Float32Array): Promise<number> {
  const { logits } = await of.run({ frames: new Tensor('float32', frames, [1, FRAMES, BINS]) })
  return (logits!.data as Float32Array)[0]!
}

function float32In(name: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(join(folder, name))).buffer)
}
