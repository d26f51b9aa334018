#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { EarwitnessError } from '../protocol/errors.ts'
import { benchCommand } from './bench.ts'
import { melCommand } from './mel.ts'
import { modelCommand } from './model.ts'
import { serveCommand } from './serve.ts'
import { watchCommand } from './watch.ts'

const FAILED = 1
const USAGE = 2

const program = new Command('earwitness')
  .description('Hears live speech and says, every half second, how likely it is that the voice is fake.')
  .addCommand(serveCommand())
  .addCommand(watchCommand())
  .addCommand(melCommand())
  .addCommand(modelCommand())
  .addCommand(benchCommand())
  .showHelpAfterError('(--help says more)')
  .addHelpText(
    'after',
    '\nResults go to standard output, words to standard error. Exit: 0 done, 1 failed, 2 wrong usage.',
  )

for (const command of [program, ...program.commands]) command.exitOverride()

try {
  await program.parseAsync()
} catch (thrown) {
  process.exitCode = exitCodeOf(thrown)
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE
  const isUsage = thrown instanceof EarwitnessError && thrown.code === 'bad_parameter'
  process.stderr.write(`earwitness: ${(thrown as Error).message}\n`)
  return isUsage ? USAGE : FAILED
}
