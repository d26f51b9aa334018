import { describe, expect, it } from 'vitest'
import { beginsKnownFile } from '../../src/audio/known-files.ts'
import { openAudioStream } from '../../src/audio/open-audio.ts'
import { fakeSpeech, realSpeech } from '../fixtures/recordings.ts'
import { ffmpegBytes, hasFfmpeg, sweep } from './ffmpeg-bytes.ts'

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

describe('the start of a stream', () => {
  it('of raw samples is no file, wherever speech is cut', () => {
    for (const speech of [realSpeech, fakeSpeech]) {
      const starts = Array.from({ length: 4_000 }, (_, at) => speech.subarray(at * 94, at * 94 + 4_096))
      expect(starts.filter(beginsKnownFile)).toEqual([])
    }
  })

  it('of silence and of the smallest negative samples is no file', () => {
    for (const value of [0, 0xff]) expect(beginsKnownFile(new Uint8Array(4_096).fill(value))).toBe(false)
  })

  it('of nothing is raw audio', async () => {
    expect((await openAudioStream(once(new Uint8Array(0)))).encoding).toBe('s16le')
  })

  it('of raw samples keeps every byte', async () => {
    const pieces: Uint8Array[] = []
    for await (const piece of (await openAudioStream(once(realSpeech))).chunks) pieces.push(piece)
    expect(Buffer.compare(Buffer.concat(pieces), realSpeech)).toBe(0)
  })
})

describe.skipIf(!hasFfmpeg)('the start of a file that ffmpeg wrote (skipped where ffmpeg is missing)', () => {
  it.each([
    ['MP3 with a tag', 48_000, ['-f', 'mp3']],
    ['MP3 without one', 48_000, ['-f', 'mp3', '-id3v2_version', '0', '-write_xing', '0']],
    ['MP3 of a low rate', 16_000, ['-f', 'mp3', '-id3v2_version', '0', '-write_xing', '0']],
    ['AAC', 44_100, ['-f', 'adts']],
    ['FLAC', 44_100, ['-f', 'flac']],
    ['Ogg Vorbis or FLAC', 44_100, ['-f', 'ogg', '-c:a', 'flac']],
    ['Matroska', 44_100, ['-f', 'matroska', '-c:a', 'flac']],
    ['AIFF', 44_100, ['-f', 'aiff']],
    ['CAF', 44_100, ['-f', 'caf']],
    ['MP4', 44_100, ['-f', 'mp4', '-movflags', 'empty_moov']],
  ])('of %s is known', (_, rate, muxer) => {
    expect(beginsKnownFile(ffmpegBytes([...sweep(1, rate), ...muxer]))).toBe(true)
  })
})
