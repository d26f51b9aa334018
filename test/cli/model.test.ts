import { execFile, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { watch } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelManifest } from '../../src/scoring/model-manifest.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'
import { COMMIT, LocalHub } from '../importing/local-hub.ts'
import { writeHuggingFaceFolder } from '../importing/tiny-ast.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/audio', import.meta.url))
const run = promisify(execFile)

let models: string
beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), 'earwitness-models-'))
  await writeHuggingFaceFolder(join(models, '.source'))
})
afterAll(() => rm(models, { recursive: true }))

const earwitness = (...words: string[]) =>
  run(process.execPath, [main, ...words], { env: { ...process.env, EARWITNESS_MODELS: models } })

async function labels(...rows: string[]): Promise<string> {
  const path = join(models, 'labels.csv')
  await writeFile(path, ['path,label', ...rows, ''].join('\n'))
  return path
}

const rightly = () => labels(`${fixtures}/real-speech.wav,bonafide`, `${fixtures}/fake-speech.wav,spoof`)

/** The default model with its output taken the other way round, golden logit included. */
function swappedModel(): Promise<string> {
  return copyOfDefault('swapped', (manifest) => {
    manifest.output.fake = 'negative'
    manifest.golden.fakeLogit *= -1
  })
}

async function copyOfDefault(name: string, change: (manifest: ModelManifest) => void): Promise<string> {
  const folder = join(models, name)
  await cp(defaultModelFolder, folder, { recursive: true })
  const path = join(folder, 'model.json')
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  change(manifest)
  await writeFile(path, JSON.stringify(manifest))
  return folder
}

describe('earwitness model', () => {
  it('imports into the models folder, where list, verify and watch find it by name', async () => {
    const { stdout, stderr } = await earwitness('model', 'import', join(models, '.source'), '--name', 'tiny')
    expect(stdout).toBe(`tiny → ${join(models, 'tiny')}\n`)
    expect(stderr).toMatch(/int8 .*largest difference to fp32.*\nfp32 .*logit 0\.0e\+0/)
    expect((await earwitness('model', 'list')).stdout).toMatch(
      /^default .*\ntiny {2}1 {2}kaldi-fbank {2}int8, fp32 {2}mit/,
    )
    const verified = await earwitness('model', 'verify', 'tiny')
    expect(verified.stdout).toMatch(/2 checksums are in order\ncpu .*int8\.onnx: gives the golden logit\n/)
    const watched = await earwitness('watch', '--json', '--model', 'tiny', `${fixtures}/real-speech.wav`)
    const events = watched.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events[0]).toMatchObject({ type: 'ready', model: { name: 'tiny' } })
    // One second holds 98 whole frames of kaldi-fbank.
    const first = events.find(({ type }) => type === 'score')
    expect(first).toMatchObject({ seq: 0, start: 0, end: 0.98 })
    expect(first.reason).not.toBe('too_short')
  })

  it('adds an int8 edition to an fp32 package, says size and difference, and verify proves it', async () => {
    await earwitness('model', 'import', join(models, '.source'), '--name', 'plain', '--editions', 'fp32')
    const { stdout, stderr } = await earwitness('model', 'quantize', 'plain')
    expect(stdout).toMatch(
      /^fp32 0\.\d MiB → int8 0\.\d MiB\ndifference in probability: \S+ on the golden window, at most \S+\nint8 → .*model\.int8\.onnx\n$/,
    )
    expect(stderr).toBe('')
    const half = JSON.parse((await earwitness('model', 'quantize', 'plain', '--edition', 'fp16', '--json')).stdout)
    expect(half).toMatchObject({ edition: 'fp16', path: join(models, 'plain', 'model.fp16.onnx') })
    expect(half.bytes / half.fp32Bytes).toBeCloseTo(0.5, 1)
    expect((await earwitness('model', 'list')).stdout).toMatch(/plain .* int8, fp16, fp32 /)
    expect((await earwitness('model', 'verify', 'plain')).stdout).toMatch(/cpu .*int8\.onnx: gives the golden logit/)
    await expect(earwitness('model', 'quantize', 'plain')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has an int8 edition already/),
    })
  })

  it.each([
    ['import', 'int8,fp32', /^\.import-/],
    ['quantize', 'fp32', /^\.[\da-f-]+\.onnx$/],
  ])('leaves nothing unfinished where a signal ends %s', async (command, editions, half) => {
    const folder = join(models, `ended-${command}`)
    const importing = [
      'model',
      'import',
      join(models, '.source'),
      '--out',
      join(folder, 'model'),
      '--editions',
      editions,
    ]
    await mkdir(folder)
    if (command === 'quantize') await earwitness(...importing)
    const watched = command === 'quantize' ? join(folder, 'model') : folder
    const before = await readdir(watched)
    const changes = watch(watched)
    const words = command === 'quantize' ? ['model', 'quantize', watched] : importing
    const child = spawn(process.execPath, [main, ...words], { stdio: 'ignore' })
    for await (const [, name] of on(changes, 'change')) if (half.test(name)) break
    changes.close()
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT'])
    expect(await readdir(watched)).toEqual(before)
  })

  it('imports from a hub by its address, and keeps commit and checksum in the card', async () => {
    const hub = new LocalHub()
    for (const name of await readdir(join(models, '.source'))) {
      hub.files.set(name, await readFile(join(models, '.source', name)))
    }
    process.env.XDG_CACHE_HOME = join(models, '.cache')
    try {
      const address = await hub.listen()
      const { stdout, stderr } = await earwitness('model', 'import', 'hf:someone/detector', '--hub', address)
      expect(stdout).toBe(`detector → ${join(models, 'detector')}\n`)
      expect(stderr).toMatch(/^config\.json: .*\nmodel\.safetensors: 0\.\d MiB\n/s)
      const card = await readFile(join(models, 'detector', 'README.md'), 'utf8')
      expect(card).toMatch(new RegExp(`hf:someone/detector at commit ${COMMIT}: .*sha256 [0-9a-f]{64}`))
      hub.requests.length = 0
      await expect(earwitness('model', 'import', 'hf:someone/detector', '--hub', address)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^earwitness: .*detector exists; give another --name, or remove it first\n$/),
      })
      expect(hub.requests).toEqual([])
    } finally {
      delete process.env.XDG_CACHE_HOME
      await hub.close()
    }
  })

  it('proves the polarity of the default model on labelled audio', async () => {
    const { stdout } = await earwitness('model', 'verify', 'default', '--data', await rightly())
    expect(stdout).toMatch(/\npolarity: AUC 1\.000 on 1 fake and 1 real recordings\n$/)
  })

  it('tells the same as JSON', async () => {
    const { stdout } = await earwitness('model', 'verify', 'default', '--data', await rightly(), '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'earwitness-small',
      folder: expect.stringMatching(/models.default$/),
      checksums: 1,
      providers: [{ provider: 'cpu', path: expect.stringMatching(/fp32\.onnx$/) }, {}, {}],
      polarity: { auc: 1, fake: 1, real: 1, skipped: 0 },
    })
  })

  it('says nothing else where all is well, whatever native libraries write about providers that are not here', async () => {
    expect((await earwitness('model', 'verify', 'default')).stderr).toBe('')
  })

  it('tells what it found where a golden logit is missed, with exit code 1', async () => {
    const folder = await copyOfDefault('missed', (manifest) => {
      manifest.golden.fakeLogit = 99
    })
    const missed = /golden window's fake logit is \d\.\d+, not 99 ± 0\.001/
    await expect(earwitness('model', 'verify', folder)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(missed),
      stderr: expect.stringMatching(missed),
    })
    await expect(earwitness('model', 'verify', folder, '--json')).rejects.toMatchObject({
      stdout: expect.stringMatching(/^\{.*"fault":"cpu: the golden window.*\}\n$/),
    })
  })

  it('catches a model whose label is swapped, with exit code 1', async () => {
    const verified = earwitness('model', 'verify', await swappedModel(), '--data', await rightly())
    await expect(verified).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/wrong way round: AUC 0\.000/),
    })
  })

  it('refuses an edition whose bytes changed', async () => {
    const folder = join(models, 'changed')
    await cp(defaultModelFolder, folder, { recursive: true })
    await writeFile(join(folder, 'model.fp32.onnx'), 'other bytes')
    const verified = earwitness('model', 'verify', 'changed')
    await expect(verified).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/sha256 is .*model\.json says/),
    })
  })

  it('shows a model whose manifest is no JSON, and says so', async () => {
    const folder = join(models, 'torn')
    await cp(defaultModelFolder, folder, { recursive: true })
    await writeFile(join(folder, 'model.json'), '{"name":')
    expect((await earwitness('model', 'list')).stdout).toMatch(/torn {2}cannot be loaded: .*JSON/)
    const verified = earwitness('model', 'verify', 'torn')
    await expect(verified).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/torn.model\.json: .*JSON/) })
  })

  it.each([
    [['verify', 'default', '--data', '/nowhere.csv'], 2, /manifest \/nowhere\.csv: there is no such file/],
    [['verify', 'nobody'], 1, /cannot read .*nobody/],
    [['import', '/nowhere.pth'], 1, /^earwitness: \/nowhere\.pth: there is no such file or folder; check the path\n$/],
    [
      ['import', fixtures],
      1,
      /audio: there is no config\.json; .*preprocessor_config\.json and one of model\.safetensors/,
    ],
    [['import', main], 1, /main\.js: is no zip, as torch\.save writes them; .*\.safetensors.*\.onnx/],
    [['list', '--models', '/nowhere'], 1, /^earwitness: \/nowhere: there is no such file or folder; check the path\n$/],
    [['list', '--models', main], 1, /main\.js: a file stands where a folder is needed/],
    [['import', '/nowhere.pth', '--name', 'default'], 2, /cannot be the name/],
    [['import', 'hf:nobody'], 2, /must be hf:OWNER\/NAME/],
    [['import', 'hf:a/b', '--hub', 'ftp://x'], 2, /--hub: ftp:/],
    [['import', '/nowhere.pth', '--fake-index', '2'], 2, /must be 0 or 1/],
    [['import', '/nowhere.onnx', '--frontend', 'guess'], 2, /Allowed choices are torchaudio-mel, kaldi-fbank/],
    [['import', '/nowhere.pth', '--editions', 'int4'], 2, /no edition "int4"; there are int8, fp16, fp32/],
    [['quantize', 'default'], 1, /is no Audio Spectrogram Transformer .*written by pytorch/],
    [['quantize', 'nobody'], 1, /cannot read .*nobody/],
    [['quantize', 'default', '--edition', 'fp32'], 2, /Allowed choices are int8, fp16/],
  ])('says what is wrong with %j', async (words, code, stderr) => {
    await expect(earwitness('model', ...words)).rejects.toMatchObject({ code, stderr: expect.stringMatching(stderr) })
  })

  it('refuses a manifest that cannot be read before it proves anything', async () => {
    const verified = earwitness('model', 'verify', 'default', '--data', '/nowhere.csv')
    await expect(verified).rejects.toMatchObject({ code: 2, stdout: '' })
  })

  it('refuses labelled audio of one kind only, and a label that means nothing', async () => {
    const one = earwitness('model', 'verify', 'default', '--data', await labels(`${fixtures}/real-speech.wav,real`))
    await expect(one).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/0 fake, 1 real/) })
    const odd = earwitness('model', 'verify', 'default', '--data', await labels('a.wav,maybe'))
    await expect(odd).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/line 2: .*a\.wav,maybe/) })
  })
})
