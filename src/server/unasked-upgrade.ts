import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** What an upgrade asks for, and nothing else of the request. */
const OF_THE_UPGRADE: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings'])

export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * What takes a request as if it had asked for no upgrade, as RFC 9110 section 7.8 allows: clients offer HTTP/2 with any request. Node
 * has given its socket away by then, so the request is read again, from the start, once the answer before it is out.
 */
export function takingWithoutUpgrade(http: Server): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const newest = new WeakMap<Duplex, ServerResponse>()
  http.on('request', (request, response) => newest.set(request.socket, response))
  return (request, socket, head) => {
    const before = newest.get(socket)
    if (before === undefined || before.writableFinished) readAgain(http, request, socket, head)
    else afterIts(before, socket, () => readAgain(http, request, socket, head))
  }
}

/** Nobody else listens to the socket meanwhile. */
function afterIts(answer: ServerResponse, socket: Duplex, then: () => void): void {
  const gone = (): void => void socket.destroy()
  socket.once('error', gone)
  answer.once('close', () => {
    socket.off('error', gone)
    if (!socket.destroyed) then()
  })
}

function readAgain(http: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders, headers } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (!OF_THE_UPGRADE.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`)
  }
  if (/(^|,)\s*close\s*(,|$)/i.test(headers.connection ?? '')) lines.push('Connection: close')
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  // The time-out of a connection that waits for its next request may be set already.
  request.socket.setTimeout(0)
  http.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}
