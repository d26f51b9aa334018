#!/usr/bin/env node
import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { EarwitnessError } from '../protocol/errors.ts'
import { hungThreads } from '../scoring/hung-threads.ts'
import { benchCommand } from './bench.ts'
import { evaluateCommand } from './evaluate.ts'
import { failureInWords } from './failure-words.ts'
import { keyCommand } from './key.ts'
import { melCommand } from './mel.ts'
import { modelCommand } from './model.ts'
import { noticeGoneReader, readerGone } from './reader-gone.ts'
import { serveCommand } from './serve.ts'
import { watchCommand } from './watch.ts'

const FAILED = 1
const USAGE = 2
const { version } = createRequire(import.meta.url)('#package') as { version: string }

const program = new Command('earwitness')
  .description('Hears live speech and says, every half second, how likely it is that the voice is fake.')
  .version(version)
  .addCommand(serveCommand())
  .addCommand(watchCommand())
  .addCommand(melCommand())
  .addCommand(keyCommand())
  .addCommand(modelCommand())
  .addCommand(evaluateCommand())
  .addCommand(benchCommand())
  .addHelpText(
    'after',
    `
Results go to standard output, words to standard error. Exit: 0 done, 1 failed, 2 wrong usage.

Examples:
  $ earwitness serve
  $ earwitness watch call.wav
  $ earwitness help watch`,
  )

for (const command of withSubcommands(program)) command.exitOverride().showHelpAfterError('(--help says more)')
noticeGoneReader()

try {
  await program.parseAsync()
} catch (thrown) {
  process.exitCode = exitCodeOf(thrown)
}
// Nobody reads on: what still waits for input, such as standard input or ffmpeg, is left.
if (readerGone.aborted) process.exit()
if (hungThreads() > 0) endBySignal()

/** Exiting waits for every thread, for ever where one hangs. Supervisors count SIGTERM as a good end, SIGKILL as a bad one. */
function endBySignal(): void {
  process.removeAllListeners('SIGTERM')
  process.kill(process.pid, process.exitCode ? 'SIGKILL' : 'SIGTERM')
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE
  const isUsage = thrown instanceof EarwitnessError && thrown.code === 'bad_parameter'
  process.stderr.write(`earwitness: ${failureInWords(thrown)}\n`)
  return isUsage ? USAGE : FAILED
}
