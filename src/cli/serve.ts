import { Command, Option } from 'commander'
import { pino } from 'pino'
import { type Limits, limitsWith } from '../protocol/limits.ts'
import type { ProviderChoice } from '../scoring/model-manifest.ts'
import { serve, type TransportName } from '../server/serve.ts'
import { type AccessFlags, accessOptionsFrom, addAccessOptions, tlsFilesFrom } from './access-options.ts'
import { limitsInWords } from './limits-in-words.ts'
import { limitOption, number, port, providerOption } from './options.ts'

interface ServeFlags extends AccessFlags {
  host: string
  port: number
  transport: TransportName
  provider: ProviderChoice
  model: string[]
  threads?: number
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
      number,
    )
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
  $ earwitness serve --transport uws --limit streams=500
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
  const log = pino({ level: flags.logLevel, base: null }, pino.destination(2))
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
  })
  for (const { manifest, provider } of server.models.all) {
    log.info({ model: manifest.name, version: manifest.version, provider }, 'model ready')
  }
  const name = host === '127.0.0.1' ? 'localhost' : host
  process.stdout.write(
    `earwitness listens on http${tls === undefined ? '' : 's'}://${name}:${server.port} (ready in ${Math.round(performance.now() - started)} ms; Ctrl-C stops it)\n`,
  )
  process.on('SIGHUP', () => server.reload())
  await untilSignal()
  log.info('stopping')
  await server.stop()
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
