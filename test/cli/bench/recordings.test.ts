import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PACKET_SAMPLES } from '../../../src/cli/bench/packets.ts'
import { recordings } from '../../../src/cli/bench/recordings.ts'
import { asWav, fakeSpeech } from '../../fixtures/recordings.ts'

describe('what the streams of a measurement play', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earwitness-recordings-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function wavOf(samples: number): Promise<string> {
    const path = join(folder, `${samples}.wav`)
    await writeFile(path, asWav(fakeSpeech.subarray(0, samples * 2)))
    return path
  }

  it('is the file that was named, of a packet or more', async () => {
    expect(await recordings(await wavOf(PACKET_SAMPLES))).toMatchObject([{ length: PACKET_SAMPLES }])
  })

  it('is never a file without a whole packet, which would be a measurement of nothing', async () => {
    const path = await wavOf(PACKET_SAMPLES - 1)
    await expect(recordings(path)).rejects.toMatchObject({
      code: 'bad_parameter',
      message: `--audio: ${path} holds less than the 20 ms of one packet`,
    })
  })
})
