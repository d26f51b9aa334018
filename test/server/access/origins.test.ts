import { describe, expect, it } from 'vitest'
import { Origins } from '../../../src/server/access/origins.ts'

describe('the origin of a page', () => {
  const check = (isOpen: boolean, origin: string | undefined, host: string) => () =>
    new Origins(['https://app.example.com'], isOpen).check({ host, ...(origin !== undefined && { origin }) })

  it.each([
    ['of a program, which has none', true, undefined, 'localhost:8080'],
    ['in the list', true, 'https://app.example.com', 'localhost:8080'],
    ['of the own page', true, 'http://localhost:8080', 'localhost:8080'],
    ['of the own page by number', true, 'http://[::1]:8080', '[::1]:8080'],
    ['of the own page under a public name, where keys are wanted', false, 'https://ear.example.com', 'ear.example.com'],
  ])('lets in: %s', (_, isOpen, origin, host) => {
    expect(check(isOpen, origin, host)).not.toThrow()
  })

  it.each([
    ['of another site', true, 'https://evil.example', 'localhost:8080'],
    ['of another port', true, 'http://localhost:3000', 'localhost:8080'],
    ['in the list but for its scheme', false, 'http://app.example.com', 'ear.example.com'],
    ['in the list but for its beginning', false, 'https://evil.app.example.com', 'ear.example.com'],
    ['of a name that was made to point to this machine', true, 'http://evil.example:8080', 'evil.example:8080'],
    ['of a sandbox', true, 'null', 'localhost:8080'],
  ])('keeps out: %s', (_, isOpen, origin, host) => {
    expect(check(isOpen, origin, host)).toThrow(/may not connect here; --origin .* allows them/)
  })

  it.each(['example.com', 'https://example.com/', 'https://example.com/page', '*'])(
    'cannot be listed as %s',
    (text) => {
      expect(() => new Origins([text], true)).toThrow(/--origin: .* is no origin/)
    },
  )
})
