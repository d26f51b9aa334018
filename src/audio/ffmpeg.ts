import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EarwitnessError } from '../protocol/errors.ts'

const STDERR_CHARACTERS = 2_000

/**
 * Any audio, as the bytes of a WAV stream of 32-bit floats at its own rate and channels, decoded by a spawned ffmpeg.
 * The process ends when the consumer stops. A path may be any file; bytes may name no other file and no address.
 * @throws EarwitnessError `unsupported_audio`: ffmpeg is missing, or what it said
 */
export function ffmpegWav(input: string | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return ffmpegBytes(input, ['-c:a', 'pcm_f32le', '-f', 'wav'])
}

/**
 * The same with another output: its first audio, filtered and encoded as ffmpeg's own words say.
 * @throws EarwitnessError `unsupported_audio`
 */
export async function* ffmpegBytes(
  input: string | AsyncIterable<Uint8Array>,
  output: readonly string[],
): AsyncGenerator<Uint8Array> {
  const fromPath = typeof input === 'string'
  const source = fromPath ? ['-protocol_whitelist', 'file', '-i', `file:${input}`] : pipeSource
  const child = spawn('ffmpeg', [...common, ...source, ...firstAudio, ...output, 'pipe:1'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  ended.catch(() => {})
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-STDERR_CHARACTERS)
  })
  // ffmpeg may close its input early; what that meant, its exit code says.
  pipeline(fromPath ? Readable.from([]) : Readable.from(input, { objectMode: true }), child.stdin).catch(() => {})
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    const [code] = await ended.catch(startFailure)
    if (code !== 0) throw new EarwitnessError('unsupported_audio', `ffmpeg cannot decode this: ${lastLines(said)}`)
  } finally {
    child.kill('SIGKILL')
  }
}

const common = ['-nostdin', '-hide_banner', '-v', 'error']
const pipeSource = ['-protocol_whitelist', 'pipe', '-i', 'pipe:0']
const firstAudio = ['-map', '0:a:0', '-vn', '-sn', '-dn']

function startFailure(cause: NodeJS.ErrnoException): never {
  const missing = cause.code === 'ENOENT'
  const message = missing
    ? 'this kind of audio needs ffmpeg, which is not installed (apt install ffmpeg, brew install ffmpeg or ffmpeg.org); WAV, Ogg Opus and WebM Opus do not need it'
    : `ffmpeg did not start: ${cause.message}`
  throw new EarwitnessError('unsupported_audio', message, { cause })
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' · ') || 'it gave no reason'
}
