import { open } from 'node:fs/promises'
import { type OpenedAudio, openAudioFile, openAudioStream } from '../audio/open-audio.ts'
import type { Encoding } from '../protocol/parameters.ts'

/** A file or `-`, told by its first bytes unless the encoding is given. @throws EarwitnessError `unsupported_audio` */
export async function audioInput(source: string, encoding: Encoding | undefined): Promise<OpenedAudio> {
  const raw = encoding !== undefined
  if (source === '-') return raw ? { encoding, chunks: process.stdin } : openAudioStream(process.stdin)
  return raw ? { encoding, chunks: fileChunks(source) } : openAudioFile(source)
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path)
  yield* file.createReadStream()
}
