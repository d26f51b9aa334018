import type * as Uws from 'uWebSockets.js'
import { STATUS_CODES } from 'node:http'
import { createSecureContext } from 'node:tls'
import { EarwitnessError } from '../protocol/errors.ts'
import { readNamedFile } from './named-file.ts'
import { requestTarget } from './request-target.ts'
import type { HttpResponse, Listening, TlsFiles, Transport, TransportApplication } from './transport.ts'
import { UwsBody } from './uws-body.ts'
import { uwsBehaviour } from './uws-connection.ts'

/** What uWebSockets.js has and does not type: exclusive ports, and the form of `listen` with a host and options. */
type UwsModule = typeof Uws & { readonly LIBUS_LISTEN_DEFAULT: number; readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number }
type ListenWithHost = (
  host: string,
  port: number,
  options: number,
  done: (socket: Uws.us_listen_socket | false) => void,
) => void

/**
 * uWebSockets.js. It cannot pause a socket, gives a handshake its own ten seconds, and reads a certificate once.
 * @throws EarwitnessError `bad_parameter` where it is not installed or cannot load
 */
export const uwsTransport: Transport = async (application, { host, port, shared, limits, tls }) => {
  const uws = await loadUws()
  const app = tls === undefined ? uws.App() : tlsApp(uws, tls)
  app.ws('/*', {
    ...uwsBehaviour(limits),
    compression: uws.DISABLED,
    upgrade: (response, request, context) => void upgrade(application, response, request, context),
  })
  app.any('/*', (response, request) => void answer(application, response, request, limits.bodyBytes))
  const sharing = shared === true ? uws.LIBUS_LISTEN_DEFAULT : uws.LIBUS_LISTEN_EXCLUSIVE_PORT
  const socket = await listen(app, host, port, sharing)
  return listening(uws, app, socket)
}

async function loadUws(): Promise<UwsModule> {
  try {
    return (await import('uWebSockets.js')).default as unknown as UwsModule
  } catch (cause) {
    throw new EarwitnessError(
      'bad_parameter',
      `--transport uws needs the optional package uWebSockets.js, which does not load on Node ${process.versions.node}, ` +
        `${process.platform} ${process.arch}; \`npm install\` brings it where it can run, and --transport ws needs nothing`,
      { cause },
    )
  }
}

/** It says nothing of files that it cannot use, and would answer nobody; so they are tried first. */
function tlsApp(uws: UwsModule, { certificateFile, keyFile }: TlsFiles): Uws.TemplatedApp {
  createSecureContext({ cert: readNamedFile(certificateFile), key: readNamedFile(keyFile) })
  return uws.SSLApp({ cert_file_name: certificateFile, key_file_name: keyFile })
}

function listen(app: Uws.TemplatedApp, host: string, port: number, sharing: number): Promise<Uws.us_listen_socket> {
  const listenWithHost = app.listen.bind(app) as unknown as ListenWithHost
  return new Promise((resolve, reject) => {
    listenWithHost(host, port, sharing, (socket) => {
      if (socket !== false) resolve(socket)
      else {
        // It does not say why; a free port on an address of this machine is never taken.
        const code = port === 0 ? 'EADDRNOTAVAIL' : 'EADDRINUSE'
        reject(Object.assign(new Error(`listen ${code}: ${host}:${port}`), { code, port }))
      }
    })
  })
}

function listening(uws: UwsModule, app: Uws.TemplatedApp, socket: Uws.us_listen_socket): Listening {
  let accepting = true
  const stopAccepting = (): void => {
    if (accepting) uws.us_listen_socket_close(socket)
    accepting = false
  }
  return {
    port: uws.us_socket_local_port(socket as unknown as Uws.us_socket),
    stopAccepting,
    close: async () => {
      stopAccepting()
      app.close()
    },
  }
}

/** The request must be read before the first `await`: afterwards it is gone. */
async function answer(
  application: TransportApplication,
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
  bodyBytes: number,
): Promise<void> {
  const { path, query } = requestTarget(targetOf(request))
  const method = request.getCaseSensitiveMethod().toUpperCase()
  const headers = headersOf(request)
  const remoteAddress = addressOf(response)
  const gone = new AbortController()
  response.onAborted(() => gone.abort())
  const body = new UwsBody(response, gone.signal, bodyBytes, headers)
  const answered = await application.http({
    method,
    path,
    query,
    headers,
    remoteAddress,
    gone: gone.signal,
    body: () => body.read(),
  })
  if (gone.signal.aborted) return
  response.cork(() => write(response, answered, method === 'HEAD', !body.isComplete))
  gone.abort()
}

function write(
  response: Uws.HttpResponse,
  { status, headers, body }: HttpResponse,
  headOnly: boolean,
  last = false,
): void {
  response.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`)
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value)
  if (headOnly) response.endWithoutBody(Buffer.byteLength(body), last)
  else response.end(body, last)
}

async function upgrade(
  application: TransportApplication,
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
  context: Uws.us_socket_context_t,
): Promise<void> {
  const { path, query } = requestTarget(targetOf(request))
  const headers = headersOf(request)
  const key = request.getHeader('sec-websocket-key')
  const extensions = request.getHeader('sec-websocket-extensions')
  let aborted = false
  response.onAborted(() => {
    aborted = true
  })
  const decide = await application.upgrade({ path, query, headers, remoteAddress: addressOf(response) })
  if (aborted) return
  const decided = decide()
  response.cork(() => {
    if ('refuse' in decided) write(response, decided.refuse, false, true)
    else response.upgrade({ accept: decided.accept }, key, decided.protocol ?? '', extensions, context)
  })
}

function addressOf(response: Uws.HttpResponse): string {
  return Buffer.from(response.getRemoteAddressAsText()).toString('ascii')
}

function targetOf(request: Uws.HttpRequest): string {
  const query: string | undefined = request.getQuery()
  return query === undefined || query === '' ? request.getUrl() : `${request.getUrl()}?${query}`
}

function headersOf(request: Uws.HttpRequest): Record<string, string> {
  const headers: Record<string, string> = {}
  request.forEach((name, value) => {
    headers[name] = value
  })
  return headers
}
