import { EarwitnessError } from '../../src/protocol/errors.ts'

/** Where streams live on a server. */
export const STREAM_PATH = '/v1/stream'

/**
 * The WebSocket address of a server. `http` becomes `ws`, and an address without a path gets the one of streams.
 * @throws EarwitnessError `bad_parameter` for anything but ws, wss, http and https.
 */
export function streamAddress(server: string | URL): URL {
  const address = parse(server)
  if (address.protocol === 'http:') address.protocol = 'ws:'
  if (address.protocol === 'https:') address.protocol = 'wss:'
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') {
    throw new EarwitnessError('bad_parameter', `url: ${address.protocol} is not one of ws:, wss:, http: and https:`)
  }
  if (address.pathname === '/') address.pathname = STREAM_PATH
  address.hash = ''
  return address
}

/** The same address for a plain HTTP request. */
export function httpAddress(stream: URL): URL {
  const address = new URL(stream)
  address.protocol = stream.protocol === 'wss:' ? 'https:' : 'http:'
  return address
}

function parse(server: string | URL): URL {
  try {
    return new URL(server)
  } catch (cause) {
    throw new EarwitnessError('bad_parameter', `url: ${JSON.stringify(String(server))} is not an address`, { cause })
  }
}
