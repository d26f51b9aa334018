import { isIPv6 } from 'node:net'
import { Command, Option } from 'commander'
import { type Logger, pino } from 'pino'
import { EarwitnessError } from '../protocol/errors.ts'
import { type Limits, limitsWith } from '../protocol/limits.ts'
import { MOST_HUNG_THREADS, tooManyHang } from '../scoring/hung-threads.ts'
import type { ProviderChoice } from '../scoring/model-manifest.ts'
import { serve, type TransportName } from '../server/serve.ts'
import { WorkerLink } from '../server/worker-link.ts'
import { WorkerPool } from '../server/worker-pool.ts'
import { type AccessFlags, accessOptionsFrom, addAccessOptions, tlsFilesFrom } from './access-options.ts'
import { limitsInWords } from './limits-in-words.ts'
import { logLines } from './log-lines.ts'
import { count, limitOption, port, providerOption } from './options.ts'

/** What a worker may take to end beyond the time to drain. */
const ENDING_SECONDS = 5

interface ServeFlags extends AccessFlags {
  host: string
  port: number
  transport: TransportName
  provider: ProviderChoice
  model: string[]
  threads?: number
  workers: number
  logLevel: string
  limit: Partial<Limits>
  printLimits?: boolean
}

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Listen for streams and serve the page (this is what `npm start` runs).')
    .option(
      '--host <address>',
      'where to listen; beyond this machine a key is needed, and TLS for the microphone of a page',
      '127.0.0.1',
    )
    .option('--port <number>', '0 takes a free one', port, 8080)
    .addOption(new Option('--transport <name>', 'what carries the bytes').choices(['ws', 'uws']).default('ws'))
    .addOption(providerOption())
    .option('--model <name|folder...>', 'models to load; the first is the default', ['default'])
    .option(
      '--threads <count>',
      'threads of one inference (default: all cores; one for a model that goes on from window to window)',
      count,
    )
    .option('--workers <count>', 'processes behind the port, each with a model of its own, to use more cores', count, 1)
  return addAccessOptions(command)
    .addOption(limitOption())
    .option('--print-limits', 'show every limit, its value and what happens beyond it, and end')
    .addOption(
      new Option('--log-level <level>', 'JSON lines on standard error')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ earwitness serve --port 9000 --model default ./my-model
  $ earwitness serve --transport uws --workers 8 --limit streams=2000
  $ earwitness key new callcentre --keys keys.json
  $ earwitness serve --host 0.0.0.0 --keys keys.json --tls-cert cert.pem --tls-key key.pem
  $ curl --data-binary @call.wav http://localhost:8080/v1/detect`,
    )
    .action(listen)
}

async function listen(flags: ServeFlags): Promise<void> {
  if (flags.printLimits === true) {
    process.stdout.write(limitsInWords(limitsWith(flags.limit)))
    return
  }
  const log = pino({ level: flags.logLevel, base: null }, logLines)
  const worker = await WorkerLink.open()
  try {
    const server =
      flags.workers > 1 && worker === undefined ? await openPool(flags, log) : await open(flags, log, worker)
    process.on('SIGHUP', () => server.reload())
    try {
      await untilSignal(server.failed)
    } finally {
      log.info('stopping')
      await server.stop()
    }
  } finally {
    worker?.close()
  }
}

/** What is common to one server and to several processes of it. */
interface Opened {
  reload(): void
  stop(): Promise<void>
  /** Rejects where the server cannot go on. */
  readonly failed?: Promise<never>
}

async function open(flags: ServeFlags, log: Logger, worker: WorkerLink | undefined): Promise<Opened> {
  const { host, port, transport, provider, limit: limits } = flags
  const tls = tlsFilesFrom(flags)
  const started = performance.now()
  const server = await serve({
    host,
    port,
    transport,
    provider,
    models: flags.model,
    limits,
    access: accessOptionsFrom(flags),
    ...(tls !== undefined && { tls }),
    log,
    ...(flags.threads !== undefined && { threads: flags.threads }),
    ...(worker !== undefined && { worker }),
  })
  for (const { manifest, provider } of server.models.all) {
    log.info({ model: manifest.name, version: manifest.version, provider }, 'model ready')
  }
  if (worker === undefined) sayWhere(flags, server.port, started)
  return { reload: () => server.reload(), stop: () => server.stop() }
}

async function openPool(flags: ServeFlags, log: Logger): Promise<Opened> {
  const started = performance.now()
  const { host, port, workers } = flags
  const endMs = (limitsWith(flags.limit).drainSeconds + ENDING_SECONDS) * 1000
  const pool = await WorkerPool.start({ workers, host, port, endMs, log })
  sayWhere(flags, pool.port, started)
  return pool
}

function sayWhere({ host, workers, ...flags }: ServeFlags, port: number, started: number): void {
  const scheme = tlsFilesFrom(flags) === undefined ? 'http' : 'https'
  const name = host === '127.0.0.1' ? 'localhost' : isIPv6(host) ? `[${host}]` : host
  const ready = `ready in ${Math.round(performance.now() - started)} ms`
  const processes = workers > 1 ? `${workers} workers, ` : ''
  process.stdout.write(`earwitness listens on ${scheme}://${name}:${port} (${processes}${ready}; Ctrl-C stops it)\n`)
}

/** @throws EarwitnessError where this process should be replaced by another */
async function untilSignal(failed?: Promise<never>): Promise<void> {
  const signalled = new Promise<void>((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    tooManyHang.addEventListener('abort', () =>
      reject(new EarwitnessError('inference_failed', `${MOST_HUNG_THREADS} inferences hang and cannot be ended`)),
    )
  })
  await (failed === undefined ? signalled : Promise.race([signalled, failed]))
}
