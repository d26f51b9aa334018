import { asEarwitnessError, EarwitnessError } from '../protocol/errors.ts'
import { parseStreamQuery, type StreamParameters } from '../protocol/parameters.ts'
import { detect } from './detect.ts'
import { errorAnswer, json, text } from './http-answers.ts'
import { readPageFiles } from './page-files.ts'
import { Session, type SessionContext } from './session.ts'
import type { HttpRequest, HttpResponse, TransportApplication, UpgradeAnswer, UpgradeRequest } from './transport.ts'

type Route = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

/** Everything that the server answers, whatever transport carries it. */
export class Application implements TransportApplication {
  readonly #context: SessionContext
  readonly #sessions = new Set<Session>()
  readonly #page = readPageFiles()
  readonly #routes: Readonly<Record<string, Partial<Record<string, Route>>>>
  #draining = false

  constructor(context: SessionContext) {
    this.#context = context
    this.#routes = {
      '/v1/detect': { POST: (request) => detect(request, context) },
      '/v1/models': { GET: () => this.#models() },
      '/v1/stream': { GET: (request) => this.#wantsUpgrade(request) },
      '/healthz': { GET: () => text('ok\n') },
      '/readyz': { GET: () => this.#readiness() },
      '/metrics': { GET: () => this.#metrics() },
    }
  }

  async http(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#answer(request)
    } catch (thrown) {
      const error = asEarwitnessError(thrown)
      if (error.code === 'internal') this.#context.log.error({ err: thrown, path: request.path }, 'a request failed')
      return errorAnswer(error)
    }
  }

  upgrade(request: UpgradeRequest): UpgradeAnswer {
    try {
      const parameters = this.#admit(request)
      return {
        accept: (connection) => {
          const session = new Session(connection, parameters, this.#context, (ended) => this.#sessions.delete(ended))
          this.#sessions.add(session)
          return session
        },
      }
    } catch (thrown) {
      return { refuse: errorAnswer(thrown) }
    }
  }

  /** Takes no new streams; those that run score what is queued, send their summary and close with 1001. */
  drain(): void {
    this.#draining = true
    for (const session of this.#sessions) session.end('draining')
  }

  get streams(): number {
    return this.#sessions.size
  }

  /** @throws EarwitnessError why the stream is refused */
  #admit(request: Pick<UpgradeRequest, 'path' | 'query'>): StreamParameters | undefined {
    if (request.path !== '/v1/stream') {
      throw new EarwitnessError('not_found', `${request.path}: there is no stream here; it is at /v1/stream`)
    }
    if (this.#draining) throw new EarwitnessError('draining', 'the server is stopping')
    const { streams } = this.#context.limits
    if (this.#sessions.size >= streams) {
      throw new EarwitnessError('too_many_streams', `${streams} streams run already; try again later`)
    }
    if (request.query.size === 0) return undefined
    const parameters = parseStreamQuery(request.query)
    this.#context.models.find(parameters.model)
    return parameters
  }

  #answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const file = this.#page.get(request.path)
    if (file !== undefined && method === 'GET') return file
    const methods = Object.hasOwn(this.#routes, request.path) ? this.#routes[request.path]! : undefined
    if (methods === undefined) throw new EarwitnessError('not_found', `${request.path}: there is nothing here`)
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (route !== undefined) return route(request)
    return wrongMethod(request, Object.keys(methods))
  }

  #models(): HttpResponse {
    const models = this.#context.models.all.map(({ manifest, provider }) => {
      const { name, version, licence, frontend, input, calibration, decision } = manifest
      return { name, version, licence, provider, frontend: frontend.kind, frames: input.frames, calibration, decision }
    })
    return json({ default: models[0]!.name, models })
  }

  /**
   * No WebSocket in a browser tells why its upgrade was refused, so a plain request says it: the refusal that an
   * upgrade would get now, or that nothing but the upgrade is missing.
   */
  #wantsUpgrade(request: HttpRequest): HttpResponse {
    this.#admit(request)
    const { status: _, ...answer } = errorAnswer(
      new EarwitnessError('bad_parameter', '/v1/stream is a WebSocket: connect to it with ws:// or wss://'),
    )
    return { ...answer, status: 426, headers: { ...answer.headers, upgrade: 'websocket' } }
  }

  #readiness(): HttpResponse {
    return this.#draining ? text('draining\n', undefined, 503) : text('ready\n')
  }

  async #metrics(): Promise<HttpResponse> {
    const { body, contentType } = await this.#context.metrics.text()
    return text(body, contentType)
  }
}

function wrongMethod({ path, method }: HttpRequest, methods: readonly string[]): HttpResponse {
  const allowed = methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ')
  const answer = errorAnswer(new EarwitnessError('method_not_allowed', `${path} takes ${allowed}, not ${method}`))
  return { ...answer, headers: { ...answer.headers, allow: allowed } }
}
