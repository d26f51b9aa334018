import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fetchHubModel, type HubOptions, parseHubAddress } from '../../src/importing/hub.ts'
import { CHECKPOINTS } from './expected-arrays.ts'
import { COMMIT, LocalHub } from './local-hub.ts'
import { safetensorsBytes, TINY_CONFIG, TINY_PREPROCESSOR, tinyHuggingFaceAst } from './tiny-ast.ts'

const ADDRESS = { repo: 'someone/detector', revision: 'main' }
const WEIGHTS = safetensorsBytes(tinyHuggingFaceAst(2))

let hub: LocalHub
let options: HubOptions
let folder: string
let progress: [string, number, number][]

beforeEach(async () => {
  hub = new LocalHub()
  hub.files.set('config.json', Buffer.from(JSON.stringify(TINY_CONFIG)))
  hub.files.set('preprocessor_config.json', Buffer.from(JSON.stringify(TINY_PREPROCESSOR)))
  hub.files.set('model.safetensors', WEIGHTS)
  hub.files.set('training.log', Buffer.from('not wanted'))
  progress = []
  const cache = await mkdtemp(join(tmpdir(), 'earwitness-hub-'))
  folder = join(cache, 'someone--detector', COMMIT)
  options = { hubUrl: await hub.listen(), cache, onProgress: (...step) => progress.push(step) }
})
afterEach(async () => {
  await hub.close()
  await rm(options.cache, { recursive: true })
})

const names = () => new Set(hub.requests.map(({ path }) => path.split('/').at(-1)))

describe('a model on a hub', () => {
  it('is fetched at one commit, with what an import needs and nothing else', async () => {
    const model = await fetchHubModel(ADDRESS, options)
    expect(model).toMatchObject({ path: folder, commit: COMMIT })
    expect(model.files.map(({ path }) => path)).toEqual([
      'config.json',
      'preprocessor_config.json',
      'model.safetensors',
    ])
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(WEIGHTS)
    expect(names()).not.toContain('training.log')
    expect(progress.at(-1)).toEqual(['model.safetensors', WEIGHTS.length, WEIGHTS.length])
  })

  it('is not fetched twice', async () => {
    await fetchHubModel(ADDRESS, options)
    hub.requests.length = 0
    const again = await fetchHubModel(ADDRESS, options)
    expect(again.files).toHaveLength(3)
    expect(names()).not.toContain('model.safetensors')
  })

  it('goes on where the connection broke, twice, and ends with the same bytes', async () => {
    hub.breaks.push(100_000, 50_000)
    await fetchHubModel(ADDRESS, options)
    const ranges = hub.rangesOf('model.safetensors')
    expect(ranges).toHaveLength(3)
    expect(ranges[0]).toBeUndefined()
    expect(ranges.slice(1)).toEqual(ranges.slice(1).map(() => expect.stringMatching(/^bytes=[1-9]\d+-/)))
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(WEIGHTS)
  })

  it('goes on in a later run where an earlier one gave up', async () => {
    hub.breaks.push(60_000, 0, 0, 0)
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(/the next try goes on where this one ended/)
    const { size } = await stat(join(folder, 'model.safetensors.partial'))
    expect(size).toBeGreaterThan(0)
    hub.requests.length = 0
    await fetchHubModel(ADDRESS, options)
    expect(hub.rangesOf('model.safetensors')).toEqual([`bytes=${size}-${WEIGHTS.length - 1}`])
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(WEIGHTS)
  })

  it('is refused and removed where a checksum is not the hub’s', async () => {
    hub.damages = true
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(
      /config\.json is damaged: its checksum is .*the hub says/,
    )
    hub.damages = false
    await fetchHubModel(ADDRESS, options)
  })

  it('finds that a file in the cache was changed', async () => {
    await fetchHubModel(ADDRESS, options)
    await writeFile(join(folder, 'model.safetensors'), Buffer.alloc(WEIGHTS.length))
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(/model\.safetensors is damaged/)
  })

  it('does not append the start of a file where a server ignores ranges', async () => {
    hub.ignoresRanges = true
    hub.breaks.push(60_000)
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(/does not go on in the middle/)
  })

  it('is explained where it is gated: without a token, with the wrong one, with the right one', async () => {
    hub.gated = 'manual'
    hub.token = 'hf_right'
    const page = `${options.hubUrl}/someone/detector`
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(`conditions at ${page} and set HF_TOKEN`)
    const wrong = { ...options, token: 'hf_wrong' }
    await expect(fetchHubModel(ADDRESS, wrong)).rejects.toThrow(/with the account of HF_TOKEN/)
    await fetchHubModel(ADDRESS, { ...options, token: 'hf_right' })
  })

  it('is refused where the commit would lead out of the cache', async () => {
    hub.commit = '../../escaped'
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(
      /names "\.\.\/\.\.\/escaped" as the commit, which is none/,
    )
  })

  it('is not found under another name or revision', async () => {
    const other = { repo: 'someone/else', revision: 'main' }
    await expect(fetchHubModel(other, options)).rejects.toThrow(/no such model/)
    await expect(fetchHubModel({ ...ADDRESS, revision: 'v9' }, options)).rejects.toThrow(/no revision v9/)
  })

  it('is fetched with all the shards that its index names, and refused without one', async () => {
    hub.files.delete('model.safetensors')
    const shards = [
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]
    for (const name of shards) hub.files.set(name, await readFile(join(CHECKPOINTS, name)))
    const { files } = await fetchHubModel(ADDRESS, options)
    expect(files.map(({ path }) => path).slice(2)).toEqual(shards)
    hub.files.delete(shards[2]!)
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(/lacks model-00002-of-00002\.safetensors/)
  })

  it('may be one bare checkpoint', async () => {
    hub.files.clear()
    hub.files.set('final_model.pth', await readFile(join(CHECKPOINTS, 'training.pth')))
    expect((await fetchHubModel(ADDRESS, options)).path).toBe(join(folder, 'final_model.pth'))
  })

  it('is refused without weights, and where nothing listens', async () => {
    hub.files.delete('model.safetensors')
    await expect(fetchHubModel(ADDRESS, options)).rejects.toThrow(/has no weights/)
    const nowhere = { ...options, hubUrl: 'http://127.0.0.1:1' }
    await expect(fetchHubModel(ADDRESS, nowhere)).rejects.toMatchObject({ code: 'bad_model' })
  })
})

describe('an address of a hub', () => {
  it.each([
    ['hf:a/b', { repo: 'a/b', revision: 'main' }],
    ['hf:a-b.c/D_e@v1.0', { repo: 'a-b.c/D_e', revision: 'v1.0' }],
    ['hf:a/b@refs/pr/1', { repo: 'a/b', revision: 'refs/pr/1' }],
    ['./hf:a/b', undefined],
  ])('%s is read', (word, address) => {
    expect(parseHubAddress(word)).toEqual(address)
  })

  it.each(['hf:a', 'hf:a/b/c', 'hf:../b', 'hf:a/b@', 'hf:a/b@../c', 'hf:a/b?x=1'])('%s is refused', (word) => {
    expect(() => parseHubAddress(word)).toThrow(/must be hf:OWNER\/NAME/)
  })
})
