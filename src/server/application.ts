import { asEarwitnessError, EarwitnessError } from '../protocol/errors.ts'
import { parseStreamParameters, parseStreamQuery, type StreamParameters } from '../protocol/parameters.ts'
import type { Access } from './access/access.ts'
import { ANYONE } from './access/caller.ts'
import { chosenProtocol } from './access/credential.ts'
import { Admission, type Applicant } from './admission.ts'
import { preflight, readableBy } from './cross-origin.ts'
import { detect } from './detect.ts'
import { errorAnswer, json, text } from './http-answers.ts'
import type { Load } from './load.ts'
import { readPageFiles } from './page-files.ts'
import { Session, type SessionContext } from './session.ts'
import { openStream } from './stream-opening.ts'
import { issueToken } from './token-request.ts'
import type {
  Connection,
  HttpRequest,
  HttpResponse,
  TransportApplication,
  UpgradeAnswer,
  UpgradeRequest,
} from './transport.ts'

type Route = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

/** Everything that the server answers, whatever transport carries it. */
export class Application implements TransportApplication {
  readonly #context: SessionContext
  readonly #access: Access
  readonly #admission: Admission
  readonly #load: Load
  readonly #sessions = new Set<Session>()
  readonly #page = readPageFiles()
  readonly #routes: Readonly<Record<string, Partial<Record<string, Route>>>>
  #draining = false
  #detects = 0
  /** Files whose answers are not out. */
  #files = 0

  constructor(context: SessionContext, access: Access, load: Load) {
    this.#context = context
    this.#access = access
    this.#load = load
    this.#admission = new Admission(context.limits, context.workers)
    this.#routes = {
      '/v1/detect': { POST: (request) => this.#detect(request) },
      '/v1/models': { GET: () => this.#models() },
      '/v1/tokens': { POST: (request) => issueToken(request, access, context.limits.tokenSeconds) },
      '/v1/stream': { GET: (request) => this.#wantsUpgrade(request) },
      '/healthz': { GET: () => text('ok\n') },
      '/readyz': { GET: () => this.#readiness() },
      '/metrics': { GET: (request) => this.#metrics(request) },
    }
  }

  async http(request: HttpRequest): Promise<HttpResponse> {
    return readableBy(this.#access.origins, request, await this.#answerOrError(request))
  }

  async upgrade(request: UpgradeRequest): Promise<() => UpgradeAnswer> {
    try {
      const applicant = await this.#applicant(request)
      return () => this.#decide(request, applicant)
    } catch (thrown) {
      return () => ({ refuse: this.#refusal(thrown) })
    }
  }

  /** Takes no new streams, and tells those that run to move within so many seconds; what cannot ends now. */
  drain(deadlineSeconds: number): void {
    this.#draining = true
    for (const session of this.#sessions) session.drain(deadlineSeconds)
  }

  /** Those that still run score what is queued, send their summary and close with 1001. */
  endAll(): void {
    for (const session of this.#sessions) session.end('draining')
  }

  /** Streams and files that are not done. */
  get unfinished(): number {
    return this.#sessions.size + this.#files
  }

  async #applicant(request: Pick<UpgradeRequest, 'headers' | 'query' | 'remoteAddress'>): Promise<Applicant> {
    this.#access.origins.check(request.headers)
    return {
      caller: await this.#access.streamCaller(request),
      address: this.#access.proxies.clientAddress(request),
    }
  }

  #decide(request: UpgradeRequest, applicant: Applicant): UpgradeAnswer {
    try {
      const parameters = this.#admit(request, applicant)
      const protocol = chosenProtocol(request.headers)
      return {
        accept: (connection) => this.#accept(connection, parameters, applicant),
        ...(protocol !== undefined && { protocol }),
      }
    } catch (thrown) {
      return { refuse: this.#refusal(thrown) }
    }
  }

  #accept(connection: Connection, parameters: StreamParameters | undefined, applicant: Applicant): Session {
    const { caller } = applicant
    const log = caller === ANYONE ? this.#context.log : this.#context.log.child({ key: caller.name })
    const leave = this.#admission.enter(applicant)
    let lighten = (): void => {}
    const session = new Session(
      connection,
      parameters,
      { ...this.#context, log },
      {
        claim: (asked, scorer) => {
          lighten()
          lighten = () => {}
          this.#load.check(scorer, asked)
          lighten = this.#load.add(scorer, asked)
        },
        closed: (ended) => {
          this.#sessions.delete(ended)
          leave()
          lighten()
        },
      },
    )
    this.#sessions.add(session)
    return session
  }

  /** @throws EarwitnessError why the stream is refused */
  #admit(request: Pick<UpgradeRequest, 'path' | 'query'>, applicant: Applicant): StreamParameters | undefined {
    if (request.path !== '/v1/stream') {
      throw new EarwitnessError('not_found', `${request.path}: there is no stream here; it is at /v1/stream`)
    }
    this.#refuseWhileDraining()
    this.#admission.check(applicant)
    const query = new URLSearchParams(request.query)
    query.delete('token')
    const parameters = query.size === 0 ? undefined : parseStreamQuery(query)
    const { scorer, parameters: understood } = openStream('', parameters ?? parseStreamParameters({}), this.#context)
    this.#load.check(scorer, understood)
    return parameters
  }

  /** @throws EarwitnessError `draining` */
  #refuseWhileDraining(): void {
    if (this.#draining) throw new EarwitnessError('draining', 'the server is stopping')
  }

  async #answerOrError(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#answer(request)
    } catch (thrown) {
      if (asEarwitnessError(thrown).code === 'internal') {
        this.#context.log.error({ err: thrown, path: request.path }, 'a request failed')
      }
      return this.#refusal(thrown)
    }
  }

  #refusal(thrown: unknown): HttpResponse {
    const { code, message } = asEarwitnessError(thrown)
    this.#context.metrics.refused(code)
    this.#context.log.debug({ code }, message)
    return errorAnswer(thrown)
  }

  #answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    if (isPreflight(request)) return preflight()
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const file = this.#page.get(request.path)
    if (file !== undefined && method === 'GET') return file
    const methods = Object.hasOwn(this.#routes, request.path) ? this.#routes[request.path]! : undefined
    if (methods === undefined) throw new EarwitnessError('not_found', `${request.path}: there is nothing here`)
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (route !== undefined) return route(request)
    return this.#wrongMethod(request, Object.keys(methods))
  }

  #wrongMethod({ path, method }: HttpRequest, methods: readonly string[]): HttpResponse {
    const allowed = methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ')
    const answer = this.#refusal(new EarwitnessError('method_not_allowed', `${path} takes ${allowed}, not ${method}`))
    return { ...answer, headers: { ...answer.headers, allow: allowed } }
  }

  async #detect(request: HttpRequest): Promise<HttpResponse> {
    this.#access.origins.check(request.headers)
    await this.#access.caller(request)
    this.#refuseWhileDraining()
    const { detects } = this.#context.limits
    if (this.#detects >= detects)
      throw new EarwitnessError('too_many_streams', `${detects} files are being scored already`)
    this.#countUntil(request.gone)
    this.#detects += 1
    try {
      return await detect(request, this.#context)
    } finally {
      this.#detects -= 1
    }
  }

  #countUntil(gone: AbortSignal): void {
    if (gone.aborted) return
    this.#files += 1
    gone.addEventListener('abort', () => {
      this.#files -= 1
    })
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
  async #wantsUpgrade(request: HttpRequest): Promise<HttpResponse> {
    this.#admit(request, await this.#applicant(request))
    const { status: _, ...answer } = errorAnswer(
      new EarwitnessError('bad_parameter', '/v1/stream is a WebSocket: connect to it with ws:// or wss://'),
    )
    return { ...answer, status: 426, headers: { ...answer.headers, upgrade: 'websocket' } }
  }

  #readiness(): HttpResponse {
    return this.#draining ? text('draining\n', undefined, 503) : text('ready\n')
  }

  async #metrics(request: HttpRequest): Promise<HttpResponse> {
    await this.#access.caller(request)
    const { body, contentType } = await this.#context.metrics.text()
    return text(body, contentType)
  }
}

function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}
