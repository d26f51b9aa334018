import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type OpenedAudio, openAudioFile, openAudioStream } from '../audio/open-audio.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import type { Encoding } from '../protocol/parameters.ts'

/** A file or `-`, told by its first bytes unless the encoding is given. @throws EarwitnessError `unsupported_audio` */
export async function audioInput(source: string, encoding: Encoding | undefined): Promise<OpenedAudio> {
  const raw = encoding !== undefined
  if (source === '-') return raw ? { encoding, chunks: process.stdin } : openAudioStream(process.stdin)
  if (!raw) return openAudioFile(source)
  if ((await stat(source)).isDirectory()) {
    throw new EarwitnessError('unsupported_audio', `${source} is a folder; name one audio file`)
  }
  return { encoding, chunks: createReadStream(source) }
}
