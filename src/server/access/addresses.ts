import ipaddr from 'ipaddr.js'
import { EarwitnessError } from '../../protocol/errors.ts'
import type { UpgradeRequest } from '../transport.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6
/** Providers hand out IPv6 by networks of this many bits: what is one customer counts as one address. */
const CUSTOMER_BITS = 64

/** Proxies whose `X-Forwarded-For` is believed. */
export class TrustedProxies {
  readonly #networks: readonly [Address, number][]

  /** @param networks addresses, or networks such as 10.0.0.0/8. @throws EarwitnessError `bad_parameter` */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map(networkFrom)
  }

  /**
   * The address that a request came from: the last one that no trusted proxy has. What stands left of it in
   * `X-Forwarded-For` was written by the client itself.
   */
  clientAddress({ remoteAddress, headers }: Pick<UpgradeRequest, 'remoteAddress' | 'headers'>): string {
    const forwarded = (headers['x-forwarded-for'] ?? '').split(',').map((text) => text.trim())
    let address = normal(remoteAddress)
    while (address !== undefined && this.#trusts(address)) {
      const before = forwarded.pop()
      const parsed = before === undefined ? undefined : normal(before)
      if (parsed === undefined) break
      address = parsed
    }
    return address === undefined ? remoteAddress : countedAs(address)
  }

  #trusts(address: Address): boolean {
    return this.#networks.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits))
  }
}

/** Whether only this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || normal(host)?.range() === 'loopback'
}

function normal(text: string): Address | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined
}

function countedAs(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString()
  const bytes = address.toByteArray().fill(0, CUSTOMER_BITS / 8)
  return `${ipaddr.fromByteArray(bytes)}/${CUSTOMER_BITS}`
}

function networkFrom(text: string): [Address, number] {
  const address = normal(text)
  if (address !== undefined) return [address, address.kind() === 'ipv4' ? 32 : 128]
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  throw new EarwitnessError('bad_parameter', `--trust-proxy: ${text} is no address and no network such as 10.0.0.0/8`)
}
