import { describe, expect, it } from 'vitest'
import { isLoopback, TrustedProxies } from '../../../src/server/access/addresses.ts'

describe('the address of a client', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
  const from = (remoteAddress: string, forwarded?: string) =>
    proxies.clientAddress({ remoteAddress, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })

  it.each([
    ['its own without a proxy', '203.0.113.9', undefined, '203.0.113.9'],
    ['its own whatever it says itself', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['what a trusted proxy says', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['what the last of several trusted proxies says', '127.0.0.1', '203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['not what the client wrote before a proxy added to it', '10.1.2.3', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['of the proxy where it says nothing', '10.1.2.3', undefined, '10.1.2.3'],
    ['of the proxy where it says nonsense', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['IPv4 in the clothes of IPv6', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['IPv4 as uWebSockets.js writes it', '0000:0000:0000:0000:0000:ffff:cb00:7109', undefined, '203.0.113.9'],
    ['the network of an IPv6 customer', '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['IPv6 behind an IPv6 proxy', 'fd00::1', '2001:db8::5', '2001:db8::/64'],
  ])('is %s', (_, remote, forwarded, address) => {
    expect(from(remote, forwarded)).toBe(address)
  })

  it('refuses a proxy that is no address', () => {
    expect(() => new TrustedProxies(['proxy.local'])).toThrow(/--trust-proxy: proxy\.local is no address/)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.2', false],
    ['example.com', false],
  ])('%s is this machine alone: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})
