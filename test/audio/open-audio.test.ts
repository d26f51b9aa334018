import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenedAudio, openAudio, openAudioFile, openAudioStream } from '../../src/audio/open-audio.ts'
import { ffmpegBytes, hasFfmpeg, sweep } from './ffmpeg-bytes.ts'
import { decode, type RecordingSink } from './recording-sink.ts'

const wavPath = fileURLToPath(new URL('../fixtures/audio/real-speech.wav', import.meta.url))

async function decoded({ encoding, chunks }: OpenedAudio): Promise<RecordingSink> {
  const pieces: Uint8Array[] = []
  for await (const piece of chunks) pieces.push(piece)
  return decode({ encoding }, pieces)
}

describe('an audio file', () => {
  it('is the same from disk, memory and a stream', async () => {
    const bytes = readFileSync(wavPath)
    const trickle = async function* () {
      for (let at = 0; at < bytes.length; at += 999) yield bytes.subarray(at, at + 999)
    }
    const expected = decode({ encoding: 's16le' }, [bytes]).plane()
    for (const opened of [openAudioFile(wavPath), openAudio(bytes), openAudioStream(trickle())]) {
      expect((await decoded(await opened)).plane()).toEqual(expected)
    }
  })

  describe('in a folder of its own', () => {
    let folder: string
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'earwitness-audio-'))
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    it('may be a named pipe', async () => {
      const pipe = join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      const bytes = readFileSync(wavPath)
      const written = writeFile(pipe, bytes)
      const heard = await decoded(await openAudioFile(pipe))
      await written
      expect(heard.plane()).toEqual(decode({ encoding: 's16le' }, [bytes]).plane())
    })

    it('is named where it is empty', async () => {
      const empty = join(folder, 'empty.wav')
      await writeFile(empty, '')
      await expect(openAudioFile(empty)).rejects.toThrow(/empty\.wav is empty/)
    })
  })
})

describe.skipIf(!hasFfmpeg)('an audio file (skipped where ffmpeg is missing)', () => {
  it.each([
    ['ogg-opus', ['-c:a', 'libopus', '-f', 'ogg']],
    ['webm-opus', ['-c:a', 'libopus', '-f', 'webm']],
  ])('of %s needs no ffmpeg', async (encoding, muxer) => {
    expect((await openAudio(ffmpegBytes([...sweep(1, 48_000), ...muxer]))).encoding).toBe(encoding)
  })

  it('of FLAC comes through ffmpeg at its own rate and channels', async () => {
    const file = ffmpegBytes([...sweep(2, 44_100), '-f', 'flac'])
    const sink = await decoded(await openAudio(file))
    expect(sink.formats).toEqual([{ sampleRate: 44_100, channels: 2 }])
    expect(sink.plane(1)).toHaveLength(88_200)
  })

  it('that is none is refused as unsupported_audio, in the words of ffmpeg', async () => {
    await expect(decoded(await openAudio(Buffer.from('no audio in here')))).rejects.toThrow(
      expect.objectContaining({ code: 'unsupported_audio', message: expect.stringContaining('ffmpeg cannot decode') }),
    )
  })

  it('can be left half-read', async () => {
    const file = ffmpegBytes([...sweep(2, 44_100), '-f', 'flac'])
    const { chunks } = await openAudio(file)
    for await (const piece of chunks) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
  })
})
