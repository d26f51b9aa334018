import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode as decodePng } from 'fast-png'
import { parse as parseNpy } from 'npyjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { differences, golden } from '../fixtures/arrays.ts'
import { realSpeech } from '../fixtures/recordings.ts'
import { earwitness, fixture } from './program.ts'

const { fixtureEvery } = JSON.parse(readFileSync(new URL('../golden/golden.json', import.meta.url), 'utf8'))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-mel-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function melArray(words: readonly string[], input?: Uint8Array) {
  const out = join(folder, 'frames.npy')
  const { code, stdout, stderr } = await earwitness(['mel', ...words, '--out', out], input)
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  const { data, shape } = parseNpy(new Uint8Array(await readFile(out)).buffer)
  expect(stderr).toContain(`${shape[0]} frames of ${shape[1]} bins → ${out}`)
  return { values: data as Float32Array, shape }
}

/** The frames that the golden arrays of the fixtures keep. */
const everyKept = (values: Float32Array): Float32Array =>
  values.filter((_, at) => Math.floor(at / 128) % fixtureEvery === 0)

describe('earwitness mel', () => {
  it.each(['real-speech', 'fake-speech'])("writes torchaudio's frames of %s as .npy", async (name) => {
    const { values, shape } = await melArray([fixture(name)])
    expect(shape).toEqual([1201, 128])
    const { max, mean } = differences(everyKept(values), golden(`fixture-${name}`).values)
    expect(max).toBeLessThanOrEqual(5e-4)
    expect(mean).toBeLessThanOrEqual(2e-5)
  })

  it('writes the frames of raw audio from standard input', async () => {
    const { values } = await melArray(['-'], realSpeech)
    expect(differences(everyKept(values), golden('fixture-real-speech').values).max).toBeLessThanOrEqual(5e-4)
  })

  it.each(['real-speech', 'fake-speech'])("writes the frames of Hugging Face's extractor of %s", async (name) => {
    const { values, shape } = await melArray([fixture(name), '--frontend', 'kaldi-fbank'])
    expect(shape).toEqual([1198, 128])
    const expected = golden(`ast-fixture-${name}`).values
    const { max, mean } = differences(everyKept(values).subarray(0, expected.length), expected)
    expect(max).toBeLessThanOrEqual(1e-4)
    expect(mean).toBeLessThanOrEqual(5e-6)
  })

  it('writes a picture of one pixel a frame and bin as .png', async () => {
    const out = join(folder, 'call.PNG')
    const { code } = await earwitness(['mel', fixture('real-speech'), '--out', out])
    expect(code).toBe(0)
    const { width, height, data } = decodePng(await readFile(out))
    expect({ width, height }).toEqual({ width: 1201, height: 128 })
    expect(new Set(data).size).toBeGreaterThan(50)
  })

  it.each(['npy', 'png'])('ends with 1 where the audio is too short for a frame, and writes no .%s', async (kind) => {
    const out = join(folder, `short.${kind}`)
    const { code, stderr } = await earwitness(['mel', '-', '--out', out], realSpeech.subarray(0, 200))
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'earwitness: standard input is too short for a frame\n' })
    expect(existsSync(out)).toBe(false)
  })
})
