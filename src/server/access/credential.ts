import type { UpgradeRequest } from '../transport.ts'

/** The subprotocol that the server speaks, and the one that carries a key beside it. */
export const SUBPROTOCOL = 'earwitness'
const BEARER_PREFIX = 'earwitness.bearer.'

/** What a request brings to be let in, and where it stood: an address is seen and kept by many. */
export interface Credential {
  readonly secret: string
  readonly inAddress: boolean
}

type Bearing = Pick<UpgradeRequest, 'headers' | 'query'>

/** From `Authorization: Bearer …`, the subprotocol `earwitness.bearer.…` or `?token=…`, in this order. */
export function credentialOf({ headers, query }: Bearing): Credential | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const offered = offeredProtocols(headers).find((name) => name.startsWith(BEARER_PREFIX))
  const secret = bearer ?? offered?.slice(BEARER_PREFIX.length)
  if (secret !== undefined) return { secret, inAddress: false }
  const token = query.get('token')
  return token === null ? undefined : { secret: token, inAddress: true }
}

/** The subprotocol to answer with: never the one that carries a key. */
export function chosenProtocol(headers: Bearing['headers']): string | undefined {
  return offeredProtocols(headers).find((name) => !name.startsWith(BEARER_PREFIX))
}

function offeredProtocols(headers: Bearing['headers']): string[] {
  const names = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return names.filter((name) => name !== '')
}
