import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** What an upgrade asks for, and nothing else of the request. */
const OF_THE_UPGRADE: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings'])

export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * Takes a request as if it had asked for no upgrade, as RFC 9110 section 7.8 allows: clients offer HTTP/2 with any request. Node has
 * given its socket away by then, so the request is read again, from the start.
 */
export function takeWithoutUpgrade(http: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (!OF_THE_UPGRADE.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  http.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}
