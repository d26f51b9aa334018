import { describe, expect, it } from 'vitest'
import { httpAddress, streamAddress } from '../../../client/sdk/address.ts'

describe('streamAddress', () => {
  it.each([
    ['ws://localhost:8080', 'ws://localhost:8080/v1/stream'],
    ['http://localhost:8080/', 'ws://localhost:8080/v1/stream'],
    ['https://example.org', 'wss://example.org/v1/stream'],
    ['wss://example.org/voice/v1/stream', 'wss://example.org/voice/v1/stream'],
  ])('understands %s as %s', (given, meant) => {
    expect(streamAddress(given).href).toBe(meant)
  })

  it.each(['ftp://example.org', 'not an address'])('refuses %s', (given) => {
    expect(() => streamAddress(given)).toThrow(expect.objectContaining({ code: 'bad_parameter' }))
  })
})

describe('httpAddress', () => {
  it.each([
    ['ws://localhost:8080/v1/stream', 'http://localhost:8080/v1/stream'],
    ['wss://example.org/v1/stream', 'https://example.org/v1/stream'],
  ])('turns %s into %s', (stream, plain) => {
    expect(httpAddress(new URL(stream)).href).toBe(plain)
  })
})
