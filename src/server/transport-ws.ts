import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocketServer } from 'ws'
import { EarwitnessError } from '../protocol/errors.ts'
import { errorAnswer } from './http-answers.ts'
import { readNamedFile } from './named-file.ts'
import { requestTarget } from './request-target.ts'
import type {
  HttpResponse,
  Listening,
  TlsFiles,
  Transport,
  TransportApplication,
  TransportOptions,
} from './transport.ts'
import { bodyTooLarge, requestTooSlow } from './transport-errors.ts'
import { takingWithoutUpgrade, wantsWebSocket } from './unasked-upgrade.ts'
import { tellingSocketClass, WsConnection } from './ws-connection.ts'

type TransportLimits = TransportOptions['limits']
type HttpServer = ReturnType<typeof createServer> | TlsServer

/** Node's HTTP server and `ws`. */
export const wsTransport: Transport = async (application, { host, port, limits, tls }) => {
  const sockets = new WebSocketServer(socketOptions(limits))
  const http = httpServer(limits, tls)
  http.on('request', (request, response) => void answer(application, request, response, limits))
  const takeWithoutUpgrade = takingWithoutUpgrade(http)
  http.on('upgrade', (request, socket, head) => {
    if (wantsWebSocket(request)) void upgrade(application, sockets, request, socket, head, limits)
    else takeWithoutUpgrade(request, socket, head)
  })
  http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.writable) refuse(socket, errorAnswer(requestTooSlow()), 1)
    else socket.destroy()
  })
  await listen(http, host, port)
  return listening(http, sockets, tls)
}

function httpServer(
  { handshakeSeconds, requestSeconds, connections }: TransportLimits,
  tls: TlsFiles | undefined,
): HttpServer {
  const times = {
    headersTimeout: Math.min(handshakeSeconds, requestSeconds) * 1000,
    requestTimeout: requestSeconds * 1000,
    connectionsCheckingInterval: Math.min(1000, handshakeSeconds * 250),
  }
  const http =
    tls === undefined
      ? createServer(times)
      : createTlsServer({ ...times, ...read(tls), handshakeTimeout: handshakeSeconds * 1000 })
  http.maxConnections = connections
  return http
}

function read({ certificateFile, keyFile }: TlsFiles): { cert: Buffer; key: Buffer } {
  return { cert: readNamedFile(certificateFile), key: readNamedFile(keyFile) }
}

function socketOptions({ messageBytes, handshakeSeconds }: TransportLimits): ServerOptions & { closeTimeout: number } {
  return {
    noServer: true,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: messageBytes,
    closeTimeout: handshakeSeconds * 1000,
    WebSocket: tellingSocketClass(messageBytes),
  }
}

function listen(http: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve()
    })
  })
}

function listening(http: HttpServer, sockets: WebSocketServer, tls: TlsFiles | undefined): Listening {
  let closed: Promise<void> | undefined
  const stopAccepting = (): void => {
    closed ??= new Promise((resolve) => http.close(() => resolve()))
    http.closeIdleConnections()
  }
  return {
    port: (http.address() as AddressInfo).port,
    stopAccepting,
    ...(tls !== undefined && { reloadTls: () => (http as TlsServer).setSecureContext(read(tls)) }),
    close: async () => {
      stopAccepting()
      for (const socket of sockets.clients) socket.terminate()
      http.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  application: TransportApplication,
  request: IncomingMessage,
  response: ServerResponse,
  limits: TransportLimits,
): Promise<void> {
  const { path, query } = requestTarget(request.url ?? '/')
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const answered = await application.http({
    method: request.method ?? 'GET',
    path,
    query,
    headers: headersOf(request),
    remoteAddress: request.socket.remoteAddress ?? '',
    gone: gone.signal,
    body: () => readBody(request, limits.bodyBytes),
  })
  // What was not read of a body would be taken for the next request.
  if (!request.complete) response.shouldKeepAlive = false
  write(request, response, answered)
}

function write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpResponse): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** The whole body, unless it grows beyond the limit; then the rest is not read. */
async function readBody(request: IncomingMessage, most: number): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > most) throw bodyTooLarge(most)
  const chunks: Buffer[] = []
  let size = 0
  // An iterator left early would destroy the socket before the refusal is written.
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length
      if (size > most) throw bodyTooLarge(most)
      chunks.push(chunk as Buffer)
    }
  } catch (cause) {
    if (cause instanceof EarwitnessError) throw cause
    throw new EarwitnessError('connection_lost', 'the connection ended inside the body', { cause })
  }
  return Buffer.concat(chunks)
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers)
  return Object.fromEntries(
    entries.map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}

async function upgrade(
  application: TransportApplication,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  limits: TransportLimits,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  const { path, query } = requestTarget(request.url ?? '/')
  const remoteAddress = request.socket.remoteAddress ?? ''
  const decide = await application.upgrade({ path, query, headers: headersOf(request), remoteAddress })
  const decided = decide()
  if ('refuse' in decided) {
    refuse(socket, decided.refuse, limits.handshakeSeconds)
    return
  }
  // `ws` answers with what is left here of the client's wishes.
  request.headers['sec-websocket-protocol'] = decided.protocol
  sockets.handleUpgrade(request, socket, head, (ws) => new WsConnection(ws, decided.accept, limits.outgoingBytes))
}

/** Node no longer watches the socket of an upgrade: nobody else would end it where the client leaves its side open. */
function refuse(socket: Duplex, { status, headers, body }: HttpResponse, mostSeconds: number): void {
  const timer = setTimeout(() => socket.destroy(), mostSeconds * 1000)
  socket.once('close', () => clearTimeout(timer))
  socket.once('finish', () => socket.destroy())
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n`)
  socket.end(body)
}
