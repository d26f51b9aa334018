import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { InferenceThread } from '../../src/scoring/inference-thread.ts'
import { LocalScorer, type LocalScorerOptions } from '../../src/scoring/local-scorer.ts'
import { readModelPackage } from '../../src/scoring/model-package.ts'
import { defaultManifest, defaultModelFolder } from '../fixtures/default-manifest.ts'
import { sourceOf } from '../fixtures/window-source.ts'

const scorers: LocalScorer[] = []
const folders: string[] = []

async function open(folder = defaultModelFolder, options: Partial<LocalScorerOptions> = {}): Promise<LocalScorer> {
  const scorer = await LocalScorer.open(folder, { provider: 'cpu', scoringSeconds: 20, threads: 1, ...options })
  scorers.push(scorer)
  return scorer
}

async function copyOfDefault(change: (manifest: typeof defaultManifest) => object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'earwitness-model-'))
  folders.push(folder)
  await cp(defaultModelFolder, folder, { recursive: true })
  await writeFile(join(folder, 'model.json'), JSON.stringify({ ...defaultManifest, ...change(defaultManifest) }))
  return folder
}

const { goldenFrames } = await readModelPackage(defaultModelFolder, 'cpu')
const golden = sourceOf(goldenFrames)

afterEach(async () => {
  await Promise.all(scorers.splice(0).map((scorer) => scorer.close()))
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })))
})

describe('the scorer of this machine', () => {
  it("reproduces the golden logit, alone and in other windows' company", async () => {
    const scorer = await open()
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => scorer.score({}, golden)))
    for (const outcome of outcomes) {
      expect(outcome.kind === 'scored' ? outcome.fakeLogit : undefined).toBeCloseTo(defaultManifest.golden.fakeLogit, 3)
    }
  })

  it('takes the cpu when asked to choose', async () => {
    expect((await open(defaultModelFolder, { provider: 'auto' })).provider).toBe('cpu')
  })

  it('refuses a provider that cannot be had, and falls back to no other', async () => {
    await expect(open(defaultModelFolder, { provider: 'coreml' })).rejects.toMatchObject({
      code: 'bad_model',
      message: expect.stringMatching(/no edition for the provider coreml, only for cpu, webgpu, cuda$/),
    })
  })

  it('refuses a model that misses its golden logit', async () => {
    const folder = await copyOfDefault(({ golden }) => ({ golden: { ...golden, fakeLogit: golden.fakeLogit + 0.01 } }))
    await expect(open(folder)).rejects.toThrow(/golden window's fake logit/)
  })

  it.each([
    ['takes a golden logit within the tolerance of the file', 0.02, 0.001],
    ['takes one within the common tolerance where the file has none', undefined, 0.02],
  ])('%s', async (_, ofFile, common) => {
    const folder = await copyOfDefault(({ files, golden }) => ({
      files: [{ ...files[0], tolerance: ofFile }],
      golden: { ...golden, fakeLogit: golden.fakeLogit + 0.01, tolerance: common },
    }))
    expect((await open(folder)).provider).toBe('cpu')
  })

  it('refuses one beyond the tolerance of the file, however wide the common one is', async () => {
    const folder = await copyOfDefault(({ files, golden }) => ({
      files: [{ ...files[0], tolerance: 0.001 }],
      golden: { ...golden, fakeLogit: golden.fakeLogit + 0.01, tolerance: 1 },
    }))
    await expect(open(folder)).rejects.toThrow(/golden window's fake logit is .* ± 0\.001/)
  })

  it('refuses a model whose polarity was turned round', async () => {
    const folder = await copyOfDefault(({ output }) => ({ output: { ...output, fake: 'negative' } }))
    await expect(open(folder)).rejects.toThrow(/golden window's fake logit/)
  })

  it('refuses a file that was changed after its manifest', async () => {
    const folder = await copyOfDefault(() => ({}))
    const path = join(folder, defaultManifest.files[0]!.path)
    const bytes = await readFile(path)
    bytes[bytes.length - 1]! ^= 1
    await writeFile(path, bytes)
    await expect(open(folder)).rejects.toThrow(/sha256/)
  })

  it('says which file is missing', async () => {
    await expect(open('/nowhere')).rejects.toThrow(/cannot read .*model\.json/)
  })

  it('fails the windows of a worker that dies, and scores the next with a new one', async () => {
    const scorer = await open()
    // What is no request at all makes the thread throw where nobody catches it.
    scorer.thread.worker?.postMessage(undefined)
    const window = { channel: {}, source: golden, end: golden.count, wantsEvidence: false }
    await expect(scorer.thread.windowModel().score([window])).rejects.toMatchObject({ code: 'inference_failed' })
    expect((await scorer.score({}, golden)).kind).toBe('scored')
    expect(scorer.thread.restarts).toBe(1)
  })

  it.each([
    ['is gone', () => undefined],
    ['was changed', (bytes: Buffer) => bytes.fill(0, bytes.length >> 2, bytes.length >> 1)],
  ])(
    'fails windows where a worker must be replaced and its file %s, and goes on when it is back',
    async (_, change) => {
      const folder = await copyOfDefault(() => ({}))
      const scorer = await open(folder)
      const path = join(folder, defaultManifest.files[0]!.parts!.backbone.path)
      const good = await readFile(path)
      const changed = change(Buffer.from(good))
      await (changed === undefined ? rm(path) : writeFile(path, changed))

      scorer.thread.worker?.postMessage(undefined)
      await expect(scorer.score({}, golden)).rejects.toMatchObject({ code: 'inference_failed' })
      await expect(scorer.score({}, golden)).rejects.toThrow(/cannot take the model from the disk any more/)
      await writeFile(path, good)
      expect((await scorer.score({}, golden)).kind).toBe('scored')
    },
  )

  it('answers what runs when it is closed, and holds nothing that keeps the process', async () => {
    const scorer = await open()
    const window = { channel: {}, source: golden, end: golden.count, wantsEvidence: false }
    const running = scorer.thread.windowModel().score([window])
    await scorer.close()
    const [scored] = await running
    expect(scored?.fakeLogit).toBeCloseTo(defaultManifest.golden.fakeLogit, 3)
    expect(scorer.thread.worker).toBeUndefined()
  })

  it('gives up on a worker that takes too long, and starts a new one for the next windows', async () => {
    const model = await readModelPackage(defaultModelFolder, 'cpu')
    const options = { threads: 1, scoringSeconds: 20, wholeWindows: true }
    const thread = new InferenceThread(model, model.candidates[0]!, options)
    await thread.start()
    const batch = () => ({ frames: new ArrayBuffer(1024 * 128 * 4), lengths: [1024] })
    options.scoringSeconds = 0.001
    await expect(thread.run(batch())).rejects.toMatchObject({ code: 'inference_timeout' })
    options.scoringSeconds = 20
    expect((await thread.run(batch())).fakeLogits).toHaveLength(1)
    await thread.close()
  })
})
