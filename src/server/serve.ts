import { availableParallelism } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { type Logger, pino } from 'pino'
import { loadFft } from '../dsp/fft.ts'
import { asEarwitnessError } from '../protocol/errors.ts'
import { type Limits, limitsWith } from '../protocol/limits.ts'
import type { LocalScorer } from '../scoring/local-scorer.ts'
import type { ProviderChoice } from '../scoring/model-manifest.ts'
import { Access, type AccessOptions } from './access/access.ts'
import { Application } from './application.ts'
import { type Cost, measureCost } from './capacity.ts'
import { onChange } from './file-changes.ts'
import { Load } from './load.ts'
import { Metrics } from './metrics.ts'
import { Models } from './models.ts'
import { ResumeTokens } from './resume-tokens.ts'
import type { Listening, TlsFiles, Transport } from './transport.ts'
import type { WorkerLink } from './worker-link.ts'

export type TransportName = 'ws' | 'uws'

export interface ServeOptions {
  readonly host?: string
  /** 0 takes a free port. */
  readonly port?: number
  readonly transport?: TransportName
  readonly provider?: ProviderChoice
  /** Names or folders; the first is the default. */
  readonly models?: readonly string[]
  readonly limits?: Partial<Limits>
  readonly access?: AccessOptions
  readonly tls?: TlsFiles
  readonly threads?: number
  /** Where this process is one of several behind the port: it takes its port from there. */
  readonly worker?: WorkerLink
  readonly log?: Logger
}

export interface RunningServer {
  readonly port: number
  readonly models: Models
  /** Reads keys and certificate again, as it does by itself when their files change. */
  reload(): void
  /** Has streams move that can, scores what is queued and the files that came, sends the summaries, closes with 1001, frees everything. */
  stop(): Promise<void>
}

/** Loads the models, checks them, and listens. @throws EarwitnessError `bad_model`; what the transport throws. */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  const limits = limitsWith(options.limits)
  const { host = '127.0.0.1', tls, worker } = options
  const { port = 8080 } = worker ?? options
  const access = new Access({ ...options.access, ...(worker && { tokenSecret: worker.tokenSecret }) })
  access.checkHost(host)
  const fft = await loadFft()
  const models = await Models.open(options.models ?? ['default'], {
    provider: options.provider ?? 'auto',
    scoringSeconds: limits.scoringSeconds,
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(worker && { processes: worker.workers }),
  })
  const load = new Load(limits.loadPercent, availableParallelism() / (worker?.workers ?? 1))
  const metrics = new Metrics(
    {
      waiting: () => sum(models.all.map((scorer) => scorer.waiting)),
      load: () => ({ model: load.model, eventLoop: load.eventLoop, room: load.roomFor(models.find(undefined)) }),
      batches: () => ({
        batches: sum(models.all.map((scorer) => scorer.batches.batches)),
        windows: sum(models.all.map((scorer) => scorer.batches.windows)),
      }),
      restarts: () => sum(models.all.map((scorer) => scorer.thread.restarts)),
    },
    worker && (() => worker.metrics()),
  )
  const log = options.log ?? pino({ level: 'silent' })
  try {
    const resumeTokens = new ResumeTokens(limits.resumeSeconds, options.access?.tokenSecretFile, worker?.tokenSecret)
    const application = new Application(
      { models, fft, limits, resumeTokens, metrics, log, ...(worker && { workers: worker.workers }) },
      access,
      load,
    )
    const transport = await transportNamed(options.transport ?? 'ws')
    const listening = await transport(application, {
      host,
      port,
      limits,
      shared: worker !== undefined,
      ...(tls !== undefined && { tls }),
    })
    void learnCosts(models, load, (scorer) => measureCost(scorer, limits, fft), log)
    worker?.listening(() => metrics.report())
    const reload = (): void => reloadFiles(access, listening, log)
    const watched = [...access.files, ...(tls === undefined ? [] : [tls.certificateFile, tls.keyFile])]
    const unwatch = onChange(watched, reload)
    const stop = async (): Promise<void> => {
      unwatch()
      await drain(application, limits.drainSeconds)
      await listening.close()
      await models.close()
    }
    return { port: listening.port, models, reload, stop }
  } catch (error) {
    await models.close()
    throw error
  }
}

/** Goes on while the server listens already. A model that fails here fails its streams as well, which say so. */
async function learnCosts(
  models: Models,
  load: Load,
  measure: (scorer: LocalScorer) => Promise<Cost>,
  log: Logger,
): Promise<void> {
  for (const scorer of models.all) {
    try {
      const cost = await measure(scorer)
      load.learn(scorer, cost)
      log.info({ model: scorer.manifest.name, ...cost, streams: load.roomFor(scorer) }, 'cost of a stream measured')
    } catch (err) {
      // A server that stops at once is not asked any more.
      if (asEarwitnessError(err).code === 'draining') return
      log.warn({ err, model: scorer.manifest.name }, 'the cost of a stream could not be measured')
    }
  }
}

/** Says to whoever asks that the server stops, until all streams have moved or ended and all files are answered, or the time is over. */
async function drain(application: Application, drainSeconds: number): Promise<void> {
  const started = performance.now()
  const until = async (seconds: number): Promise<void> => {
    while (application.unfinished > 0 && performance.now() < started + seconds * 1000) await wait(20)
  }
  application.drain(drainSeconds / 2)
  await until(drainSeconds / 2)
  application.endAll()
  await until(drainSeconds)
}

/** A file that is bad, perhaps half written, changes nothing. */
function reloadFiles(access: Access, listening: Listening, log: Logger): void {
  try {
    access.reload()
    listening.reloadTls?.()
    log.info('keys and certificate were read again')
  } catch (err) {
    log.error({ err }, 'keys or certificate cannot be read again; those from before stay')
  }
}

async function transportNamed(name: TransportName): Promise<Transport> {
  return name === 'ws'
    ? (await import('./transport-ws.ts')).wsTransport
    : (await import('./transport-uws.ts')).uwsTransport
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
