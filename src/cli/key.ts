import { chmodSync, chownSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { EarwitnessError } from '../protocol/errors.ts'
import { checkedKey, newKey, readKeyFile, type StoredKey } from '../server/access/api-keys.ts'
import { number } from './options.ts'

interface NewFlags {
  readonly keys?: string
  readonly streams?: number
  readonly days?: number
}

export function keyCommand(): Command {
  return new Command('key')
    .description('Make, list and take away the keys that let clients in.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ earwitness key new callcentre --keys keys.json\n  $ earwitness key list --keys keys.json',
    )
    .addCommand(newCommand())
    .addCommand(
      new Command('list')
        .description('The names of the keys in a file, and what each may.')
        .requiredOption('--keys <file>', 'the file')
        .action(({ keys }: { keys: string }) => {
          process.stdout.write(readKeyFile(keys).map(inWords).join(''))
        }),
    )
    .addCommand(
      new Command('remove')
        .description('Take a key away; a server that reads the file lets nobody in with it after two seconds.')
        .argument('<name>', 'whose key')
        .requiredOption('--keys <file>', 'the file')
        .action(remove),
    )
}

function newCommand(): Command {
  return new Command('new')
    .description('Make a key and show it, this once: only its hash is kept.')
    .argument('<name>', 'whose key it is; it stands in the log')
    .option('--keys <file>', 'add it to this file, which `serve --keys` reads')
    .option('--streams <count>', 'how many streams may be open with it (default: the limit keyStreams)', number)
    .option('--days <count>', 'how long it is good (default: for ever)', days)
    .addHelpText(
      'after',
      `
Examples:
  $ earwitness key new callcentre --keys keys.json --streams 50
  $ earwitness serve --host 0.0.0.0 --keys keys.json
  $ curl -H "Authorization: Bearer $KEY" --data-binary @call.wav http://server:8080/v1/detect`,
    )
    .action(makeKey)
}

/** Beyond a century a key is for ever, and beyond 273,790 years there is no date. */
const MOST_DAYS = 36_500

function days(text: string): number {
  const value = number(text)
  if (value > 0 && value <= MOST_DAYS) return value
  throw new InvalidArgumentError(`It must be above 0 and at most ${MOST_DAYS}.`)
}

function makeKey(name: string, { keys: file, streams, days }: NewFlags): void {
  if (file === undefined && (streams !== undefined || days !== undefined)) {
    throw new EarwitnessError('bad_parameter', '--streams and --days are kept in a file of keys: name one with --keys')
  }
  const { secret, sha256 } = newKey()
  const expires = days === undefined ? undefined : new Date(Date.now() + days * 86_400_000).toISOString()
  const created = new Date().toISOString()
  const stored = checkedKey(
    { name, sha256, created, ...(expires !== undefined && { expires }), ...(streams !== undefined && { streams }) },
    `earwitness key new ${name}`,
  )
  if (file !== undefined) add(file, stored)
  process.stdout.write(`${secret}\n`)
  const how = file === undefined ? `earwitness serve --key ${name}=${sha256}` : `earwitness serve --keys ${file}`
  process.stderr.write(`earwitness: this is the only time it is shown; \`${how}\` lets it in\n`)
}

function add(file: string, stored: StoredKey): void {
  const keys = existsSync(file) ? readKeyFile(file) : []
  if (keys.some(({ name }) => name === stored.name)) {
    throw new EarwitnessError(
      'bad_parameter',
      `${file}: there is a key named ${stored.name}; take another name, or \`earwitness key remove\` it first`,
    )
  }
  write(file, [...keys, stored])
}

function remove(name: string, { keys: file }: { keys: string }): void {
  const keys = readKeyFile(file)
  const rest = keys.filter((key) => key.name !== name)
  if (rest.length === keys.length) {
    const names = keys.map((key) => key.name).join(', ') || 'none'
    throw new EarwitnessError('bad_parameter', `${file}: there is no key named ${name}; there are ${names}`)
  }
  write(file, rest)
}

/** Whole or not at all, for the server reads it meanwhile. Who may read the file that was there may read the new one. */
function write(file: string, keys: readonly StoredKey[]): void {
  const half = `${file}.${process.pid}`
  writeFileSync(half, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 })
  if (existsSync(file)) {
    const { mode, uid, gid } = statSync(file)
    if (process.getuid?.() === 0) chownSync(half, uid, gid)
    chmodSync(half, mode & 0o777)
  }
  renameSync(half, file)
}

function inWords({ name, created, expires, streams }: StoredKey): string {
  const words = [
    name,
    created && `made ${created}`,
    expires && `good until ${expires}`,
    streams && `${streams} streams`,
  ]
  return `${words.filter((word) => word !== undefined).join('  ')}\n`
}
