import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecoder } from '../../src/audio/create-decoder.ts'
import { readPth } from '../../src/importing/pth.ts'
import { readSafetensors } from '../../src/importing/safetensors.ts'
import { parseClientMessage } from '../../src/protocol/client-messages.ts'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { DEFAULT_LIMITS, limitsWith } from '../../src/protocol/limits.ts'
import { type Encoding, parseStreamParameters, parseStreamQuery } from '../../src/protocol/parameters.ts'
import { parseModelManifest } from '../../src/scoring/model-manifest.ts'
import { ResumeTokens } from '../../src/server/resume-tokens.ts'
import { ffmpegBytes, hasFfmpeg, sweep } from '../audio/ffmpeg-bytes.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { writePth } from '../importing/write-pth.ts'
import { opusPackets } from '../stream/opus-packets.ts'
import { effort, TARGET_TIMEOUT_MS } from './effort.ts'
import { mutated, mutatedText } from './mutations.ts'

/** A case that takes longer than this hangs, however slow the machine. */
const HANG_MS = 10_000
const GROWTH_BYTES = 256 * 2 ** 20

/** The only ways to end: an answer, or an error of our own that says something. */
async function endsWell(work: () => unknown): Promise<void> {
  const startedMs = performance.now()
  try {
    await work()
  } catch (thrown) {
    if (!(thrown instanceof EarwitnessError) || thrown.code === 'internal') throw thrown
    expect(thrown.message).not.toBe('')
  }
  expect(performance.now() - startedMs).toBeLessThan(HANG_MS)
}

/** Decodes bytes in pieces of these sizes, in turn. */
function decode(encoding: Encoding, bytes: Uint8Array, sizes: readonly number[]): void {
  const sink = { format() {}, samples: expectFullScale, gap() {}, warning() {} }
  const decoder = createDecoder({ encoding, sampleRate: 16_000, channels: 1 }, limitsWith({}), sink)
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = sizes[turn % sizes.length]!
      decoder.push(bytes.slice(at, at + size))
      at += size
    }
    decoder.flush()
  } finally {
    decoder.close()
  }
}

function expectFullScale(planes: readonly Float32Array[]): void {
  for (const plane of planes) if (!plane.every(Number.isFinite)) throw new Error('samples that are no numbers')
}

const sizes = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 4 })
const second = firstSeconds(fakeSpeech, 0.5)
const media: readonly { readonly encoding: Encoding; readonly file: string; readonly codec: string }[] = [
  { encoding: 's16le', file: 'wav', codec: 'pcm_s16le' },
  { encoding: 's16le', file: 'wav', codec: 'pcm_mulaw' },
  { encoding: 's16le', file: 'wav', codec: 'pcm_s24le' },
  { encoding: 's16le', file: 'wav', codec: 'pcm_f32le' },
  { encoding: 'ogg-opus', file: 'ogg', codec: 'libopus' },
  { encoding: 'webm-opus', file: 'webm', codec: 'libopus' },
]

let folder: string
let heldBytes = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earwitness-fuzz-'))
  globalThis.gc?.()
  heldBytes = process.memoryUsage().rss
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  globalThis.gc?.()
  expect(process.memoryUsage().rss - heldBytes).toBeLessThan(GROWTH_BYTES)
})

describe('whatever the bytes, an answer or an error comes of', { timeout: TARGET_TIMEOUT_MS }, () => {
  it('text messages', async () => {
    const valid = ['{"type":"start","sampleRate":8000,"events":["score"]}', '{"type":"finalize"}', '{"type":"close"}']
    await fc.assert(
      fc.asyncProperty(mutatedText(valid), (text) => endsWell(() => parseClientMessage(text))),
      effort(500),
    )
  })

  it('queries', async () => {
    const valid = ['encoding=opus&channels=2&hop=0.5&label=a%20b', 'sampleRate=48000&downmix=true&events=score,alert']
    await fc.assert(
      fc.asyncProperty(mutatedText(valid), (text) => endsWell(() => parseStreamQuery(new URLSearchParams(text)))),
      effort(500),
    )
  })

  it.each<Encoding>(['s16le', 'f32le', 'mulaw', 'alaw'])('raw %s', async (encoding) => {
    await fc.assert(
      fc.asyncProperty(mutated([second]), sizes, (bytes, cuts) => endsWell(() => decode(encoding, bytes, cuts))),
      effort(100),
    )
  })

  it.skipIf(!hasFfmpeg).each(media)(
    '$file files of $codec (skipped without ffmpeg)',
    async ({ encoding, file, codec }) => {
      const form = ['-c:a', codec, '-t', '0.5', '-f', file]
      const valid = [1, 2].map((channels) => ffmpegBytes([...sweep(channels, 16_000), ...form]))
      await fc.assert(
        fc.asyncProperty(mutated(valid), sizes, (bytes, cuts) => endsWell(() => decode(encoding, bytes, cuts))),
        effort(150),
      )
    },
  )

  it('Opus packets', async () => {
    const packet = mutated(opusPackets(second))
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 20 }), (packets) =>
        endsWell(() => {
          const sink = { format() {}, samples: expectFullScale, gap() {}, warning() {} }
          const decoder = createDecoder({ encoding: 'opus', sampleRate: 16_000, channels: 1 }, limitsWith({}), sink)
          try {
            for (const bytes of packets) decoder.push(bytes)
            decoder.flush()
          } finally {
            decoder.close()
          }
        }),
      ),
      effort(200),
    )
  })

  it('model manifests', async () => {
    const valid = [readFileSync(join(defaultModelFolder, 'model.json'), 'utf8')]
    await fc.assert(
      fc.asyncProperty(mutatedText(valid), (text) => endsWell(() => parseModelManifest(jsonOr(text)))),
      effort(500),
    )
  })

  it('values in the place of those of a model manifest', async () => {
    const manifest = JSON.parse(readFileSync(join(defaultModelFolder, 'model.json'), 'utf8')) as Record<string, unknown>
    const other = fc.record({ name: fc.constantFrom(...Object.keys(manifest), '__proto__'), value: fc.jsonValue() })
    await fc.assert(
      fc.asyncProperty(other, ({ name, value }) => endsWell(() => parseModelManifest({ ...manifest, [name]: value }))),
      effort(500),
    )
  })

  it('.safetensors files', async () => {
    const header = new TextEncoder().encode(
      '{"a.weight":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"__metadata__":{}}',
    )
    const valid = Buffer.concat([
      Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer),
      header,
      Buffer.alloc(12),
    ])
    const path = join(folder, 'one.safetensors')
    await fc.assert(
      fc.asyncProperty(mutated([valid]), (bytes) => {
        writeFileSync(path, bytes)
        return endsWell(() => readSafetensors(path))
      }),
      effort(300),
    )
  })

  it('.pth files and the pickles in them', async () => {
    const path = join(folder, 'one.pth')
    const weights = new Map([['a.weight', { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }]])
    const valid = readFileSync(await writePth(path, weights))
    await fc.assert(
      fc.asyncProperty(mutated([valid]), (bytes) => {
        writeFileSync(path, bytes)
        return endsWell(() => readPth(path))
      }),
      effort(300),
    )
  })

  it('resume tokens', async () => {
    const tokens = new ResumeTokens(DEFAULT_LIMITS.resumeSeconds.value)
    const parameters = parseStreamParameters({ resume: true, label: 'call 7' })
    const model = { name: 'earwitness-small', version: '0.9.0' }
    const place = { entry: { byte: 0, sample: 0 }, samples: 0, decoded: 0, seconds: 0, aheadSeconds: 0, finalized: 0 }
    const valid = tokens.issue({ streamId: 'one', parameters, model, state: { ...place, tracks: [], judges: [] } })
    await fc.assert(
      fc.asyncProperty(mutatedText([valid]), (text) => endsWell(() => tokens.read(text))),
      effort(500),
    )
  })
})

/** A text that is no JSON is refused before it comes to be a manifest. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
