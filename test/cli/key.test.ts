import { chmodSync, statSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServerProcess } from '../client/server-process.ts'
import { earwitness, fixture } from './program.ts'

describe('earwitness key', () => {
  let folder: string
  let keys: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earwitness-key-'))
    keys = join(folder, 'keys.json')
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('makes keys, lists and removes them; a server lets them in', async () => {
    const made = await earwitness(['key', 'new', 'alice', '--keys', keys, '--streams', '5', '--days', '30'])
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ewk_[\w-]{43}\n$/) })
    expect(made.stderr).toMatch(/only time it is shown; `earwitness serve --keys .*keys\.json` lets it in/)
    const key = made.stdout.trim()
    expect(await readFile(keys, 'utf8')).not.toContain(key)
    await earwitness(['key', 'new', 'bob', '--keys', keys])
    const list = await earwitness(['key', 'list', '--keys', keys])
    expect(list.stdout).toMatch(/^alice {2}made \S+ {2}good until \S+ {2}5 streams\nbob {2}made \S+\n$/)

    const server = await startServerProcess(0, ['--keys', keys, '--host', '0.0.0.0'])
    const address = `ws://127.0.0.1:${server.port}`
    const watch = (...more: string[]) => earwitness(['watch', address, fixture('real-speech'), '--json', ...more])
    expect(await watch('--key', key)).toMatchObject({ code: 0, stdout: expect.stringContaining('"summary"') })
    expect(await watch()).toMatchObject({ code: 1, stderr: expect.stringMatching(/unauthorized: a key is needed/) })

    expect((await earwitness(['key', 'remove', 'alice', '--keys', keys])).code).toBe(0)
    await expect.poll(async () => (await watch('--key', key)).code, { timeout: 20_000, interval: 500 }).toBe(1)
    await server.kill()
  })

  it.each([
    ['a name that is taken', ['new', 'bob'], /there is a key named bob; take another name/],
    ['a name with blanks', ['new', 'two words'], /name: must be 1 to 64 letters/],
    ['half a stream', ['new', 'half', '--streams', '0.5'], /streams: /],
    ['a key that has expired', ['new', 'late', '--days', '-1'], /--days.*above 0/],
    ['a day that no calendar has', ['new', 'late', '--days', '1e12'], /--days.*at most 36500/],
    ['nobody to remove', ['remove', 'nobody'], /there is no key named nobody; there are bob/],
  ])('refuses %s', async (_, words, message) => {
    const { code, stdout, stderr } = await earwitness(['key', ...words, '--keys', keys])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it.each(['--days', '--streams'])('refuses %s where no file is named that would keep it', async (option) => {
    const { code, stdout, stderr } = await earwitness(['key', 'new', 'dora', option, '2'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/name one with --keys/)
  })

  it('leaves the file readable for those who could read it', async () => {
    chmodSync(keys, 0o640)
    await earwitness(['key', 'new', 'erin', '--keys', keys])
    expect(statSync(keys).mode & 0o777).toBe(0o640)
  })

  it('prints the option that lets a key in where no file is named', async () => {
    const { stderr } = await earwitness(['key', 'new', 'carol'])
    expect(stderr).toMatch(/`earwitness serve --key carol=[0-9a-f]{64}` lets it in/)
  })
})
