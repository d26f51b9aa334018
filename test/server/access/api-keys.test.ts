import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { ApiKeys, isApiKey, newKey, readKeyFile, storedKeyFrom } from '../../../src/server/access/api-keys.ts'
import { keyNamed, ScratchFiles } from './scratch-files.ts'

const files = new ScratchFiles()
afterAll(() => files.remove())

const [alice, bob] = [keyNamed('alice', { streams: 2 }), keyNamed('bob')]

describe('API keys', () => {
  it('are known by their secret, with their limits', () => {
    const keys = new ApiKeys([alice.stored, bob.stored])
    expect(keys.callerOf(alice.secret)).toEqual({ name: 'alice', streams: 2 })
    expect(keys.callerOf(bob.secret)).toEqual({ name: 'bob' })
  })

  it.each([
    ['nothing', ''],
    ['another key', newKey().secret],
    ['the stored hash', alice.stored.sha256],
    ['a key with one letter more', `${alice.secret}A`],
  ])('do not open to %s', (_, secret) => {
    expect(new ApiKeys([alice.stored, bob.stored]).callerOf(secret)).toBeUndefined()
  })

  it('end when they expire', () => {
    const { secret, stored } = keyNamed('guest', { expires: '2030-01-01T00:00:00.000Z' })
    const keys = new ApiKeys([stored])
    expect(keys.callerOf(secret, Date.parse('2029-12-31T23:59:59Z'))).toEqual({ name: 'guest' })
    expect(keys.callerOf(secret, Date.parse('2030-01-01T00:00:00Z'))).toBeUndefined()
  })

  it('are 256 random bits behind a mark that secret scanners can find', () => {
    const [one, other] = [newKey().secret, newKey().secret]
    expect(one).toMatch(/^ewk_[\w-]{43}$/)
    expect(one).not.toBe(other)
    expect(isApiKey(one)).toBe(true)
  })

  it('are kept by their hash alone', () => {
    const path = files.write('keys.json', { keys: [alice.stored] })
    expect(readKeyFile(path)).toEqual([alice.stored])
    expect(readFileSync(path, 'utf8')).not.toContain(alice.secret.slice(4))
  })

  it.each([
    ['text', 'hello', /keys\.json: is not JSON/],
    ['a hash that is none', { keys: [{ name: 'a', sha256: 'ff' }] }, /keys\.json: keys\.0\.sha256: .*64 hexadecimal/],
    ['a secret in it', { keys: [{ ...alice.stored, secret: 'x' }] }, /keys\.json: keys\.0\.secret/],
    ['a name with a blank', { keys: [{ ...alice.stored, name: 'a b' }] }, /keys\.json: keys\.0\.name/],
    ['a name twice', { keys: [alice.stored, alice.stored] }, /keys\.json: the name alice stands there twice/],
    ['a list', '[]', /keys\.json: /],
  ])('are refused with the name of the field from a file with %s', (_, content, message) => {
    const path = files.write('keys.json', content)
    expect(() => readKeyFile(path)).toThrow(message)
  })

  it('can stand on the command line as a name and a hash', () => {
    expect(storedKeyFrom(`alice=${alice.stored.sha256}`)).toEqual({ name: 'alice', sha256: alice.stored.sha256 })
    expect(() => storedKeyFrom('alice')).toThrow(/--key: sha256/)
  })
})
