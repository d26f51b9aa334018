import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, describe, expect, it } from 'vitest'
import { JsonWebTokens } from '../../../src/server/access/json-web-tokens.ts'
import { ScratchFiles } from './scratch-files.ts'

const files = new ScratchFiles()
afterAll(() => files.remove())

const secret = 'a secret that is longer than thirty-two bytes'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')
const pem = (key: KeyObject) => String(key.export({ type: 'spki', format: 'pem' }))

function signed(alg: string, key: KeyObject | Uint8Array, claims: object = {}, kid?: string): Promise<string> {
  const soon = Math.floor(Date.now() / 1000) + 60
  return new SignJWT({ sub: 'callcentre', exp: soon, ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(key)
}
const bytes = (text: string) => new TextEncoder().encode(text)

describe('JSON web tokens', () => {
  it.each([
    ['HS256', secret, bytes(secret)],
    ['RS256', pem(rsa.publicKey), rsa.privateKey],
    ['EdDSA', pem(ed25519.publicKey), ed25519.privateKey],
  ])('of %s name their caller', async (alg, file, key) => {
    const tokens = new JsonWebTokens({ keyFile: files.write('jwt.key', file) })
    expect(await tokens.callerOf(await signed(alg, key, { streams: 3 }))).toEqual({ name: 'callcentre', streams: 3 })
  })

  it('are checked with that key of a set which they name', async () => {
    const keys = [
      { ...(await exportJWK(rsa.publicKey)), kid: 'old', alg: 'RS256' },
      { ...(await exportJWK(ed25519.publicKey)), kid: 'new', alg: 'EdDSA' },
    ]
    const tokens = new JsonWebTokens({ keyFile: files.write('jwks.json', { keys }) })
    expect(await tokens.callerOf(await signed('EdDSA', ed25519.privateKey, {}, 'new'))).toEqual({ name: 'callcentre' })
    expect(await tokens.callerOf(await signed('EdDSA', ed25519.privateKey, {}, 'old'))).toBeUndefined()
  })

  it.each<[string, () => Promise<string> | string]>([
    ['signed with another key', () => signed('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
    ['signed with the public key as a secret', () => signed('HS256', bytes(pem(rsa.publicKey)))],
    ['not signed', () => new UnsecuredJWT({ sub: 'callcentre' }).setExpirationTime('1m').encode()],
    ['expired', () => signed('RS256', rsa.privateKey, { exp: 1_000 })],
    ['without an end', () => signed('RS256', rsa.privateKey, { exp: undefined })],
    ['not valid yet', () => signed('RS256', rsa.privateKey, { nbf: Math.floor(Date.now() / 1000) + 3_600 })],
    ['of nobody', () => signed('RS256', rsa.privateKey, { sub: undefined })],
    ['of another issuer', () => signed('RS256', rsa.privateKey, { iss: 'mallory', aud: 'earwitness' })],
    ['for another audience', () => signed('RS256', rsa.privateKey, { iss: 'us', aud: 'billing' })],
    ['with no number of streams', () => signed('RS256', rsa.privateKey, { iss: 'us', aud: 'earwitness', streams: -1 })],
    ['cut short', async () => (await signed('RS256', rsa.privateKey)).slice(0, -20)],
    ['that are no tokens', () => 'x.y.z'],
  ])('let nobody in: %s', async (_, token) => {
    const keyFile = files.write('jwt.key', pem(rsa.publicKey))
    const tokens = new JsonWebTokens({ keyFile, issuer: 'us', audience: 'earwitness' })
    const good = await signed('RS256', rsa.privateKey, { iss: 'us', aud: 'earwitness' })
    expect(await tokens.callerOf(good)).toEqual({ name: 'callcentre' })
    expect(await tokens.callerOf(await token())).toBeUndefined()
  })

  it.each([
    ['a short secret', 'short', /at least 32 bytes; these are 5/],
    ['a broken key', '-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----', /jwt\.key: /],
    ['another curve', pem(generateKeyPairSync('x25519').publicKey), /kind x25519; RSA and Ed25519 are known/],
    ['a set that is none', '{"keys": 7}', /jwt\.key: /],
  ])('are not checked with %s', (_, content, message) => {
    const keyFile = files.write('jwt.key', content)
    expect(() => new JsonWebTokens({ keyFile })).toThrow(message)
  })
})
