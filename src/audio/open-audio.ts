import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { EarwitnessError } from '../protocol/errors.ts'
import type { Encoding } from '../protocol/parameters.ts'
import { ffmpegWav } from './ffmpeg.ts'
import { beginsKnownFile } from './known-files.ts'
import { SNIFF_BYTES, sniff } from './sniff.ts'

const SLICE_BYTES = 65_536

/** Audio of a known encoding; a WAV comes as `s16le`, since its header says the rest. */
export interface OpenedAudio {
  readonly encoding: Encoding
  readonly chunks: AsyncIterable<Uint8Array>
}

/** A whole file in memory, told by its first bytes. What needs ffmpeg fails with `unsupported_audio` when it is read. */
export async function openAudio(file: Uint8Array): Promise<OpenedAudio> {
  return opened(file, slices(file))
}

/** A file of the disk, or what stands for one, such as a named pipe. @throws Error where it cannot be opened */
export async function openAudioFile(path: string): Promise<OpenedAudio> {
  const kind = await stat(path)
  if (kind.isDirectory()) throw new EarwitnessError('unsupported_audio', `${path} is a folder; name one audio file`)
  if (!kind.isFile()) return openAudioStream(createReadStream(path))
  if (kind.size === 0) throw new EarwitnessError('unsupported_audio', `${path} is empty`)
  const encoding = nativeEncoding(await firstBytes(path))
  return encoding === undefined
    ? { encoding: 's16le', chunks: ffmpegWav(path) }
    : { encoding, chunks: createReadStream(path) }
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** A stream such as standard input, read as far as tells its kind: a file of a known kind, or else raw `s16le`. */
export async function openAudioStream(stream: AsyncIterable<Uint8Array>): Promise<OpenedAudio> {
  const source = stream[Symbol.asyncIterator]()
  let start = Buffer.alloc(0)
  while (start.length < SNIFF_BYTES && sniff(start) === 'other') {
    const next = await source.next()
    if (next.done) break
    start = Buffer.concat([start, next.value])
  }
  const bytes = rejoined(start, source)
  const isRaw = sniff(start) === 'other' && !beginsKnownFile(start)
  return isRaw ? { encoding: 's16le', chunks: bytes } : opened(start, bytes)
}

function opened(start: Uint8Array, bytes: AsyncIterable<Uint8Array>): OpenedAudio {
  const encoding = nativeEncoding(start)
  return encoding === undefined ? { encoding: 's16le', chunks: ffmpegWav(bytes) } : { encoding, chunks: bytes }
}

function nativeEncoding(start: Uint8Array): Encoding | undefined {
  const kind = sniff(start)
  if (kind === 'other') return undefined
  return kind === 'wav' ? 's16le' : kind
}

async function* slices(file: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < file.length; from += SLICE_BYTES) yield file.subarray(from, from + SLICE_BYTES)
}

async function* rejoined(start: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield start
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
