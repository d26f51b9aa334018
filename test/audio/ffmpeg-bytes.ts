import { spawnSync } from 'node:child_process'

export const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

/** What ffmpeg writes to its standard output, given arguments and standard input. */
export function ffmpegBytes(args: readonly string[], input?: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', ...args, '-'], {
    maxBuffer: 1 << 28,
    ...(input === undefined ? {} : { input }),
  })
  if (status !== 0) throw new Error(`ffmpeg failed: ${String(stderr)}`)
  return new Uint8Array(stdout)
}

/** Little-endian 32-bit floats as samples. */
export function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer)
}

/** A sweep with some noise: two seconds at a rate, made by ffmpeg. */
export function sweep(channels: number, rate: number): string[] {
  const tones = Array.from({ length: channels }, (_, at) => `0.4*sin(2*PI*t*(200+${300 * (at + 1)}*t))`)
  return ['-f', 'lavfi', '-i', `aevalsrc=${tones.join('|')}:s=${rate}:d=2`]
}
