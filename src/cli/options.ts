import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_LIMITS, type LimitName, type Limits } from '../protocol/limits.ts'
import { EVENT_TYPES, FILE_ENCODINGS, parseStreamParameters, type StreamParameters } from '../protocol/parameters.ts'
import { PROVIDERS } from '../scoring/model-manifest.ts'

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.')
  return value
}

export function count(text: string): number {
  const value = number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return value
}

export function port(text: string): number {
  const value = number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.')
  }
  return value
}

export function providerOption(): Option {
  return new Option('--provider <name>', 'what runs the model; auto takes the best that reproduces its golden logit')
    .choices(['auto', ...PROVIDERS])
    .default('auto')
}

/** `--limit NAME=VALUE`, as often as wanted. */
export function limitOption(): Option {
  return new Option('--limit <name=value>', `change a limit: ${Object.keys(DEFAULT_LIMITS).join(', ')}`)
    .argParser((text: string, before: Partial<Limits>) => ({ ...before, ...limitFrom(text) }))
    .default({}, 'see the README')
}

/** A timer of Node holds a 31-bit number of milliseconds. */
const MOST_TIMER_SECONDS = 24 * 86_400
const TIMERS: ReadonlySet<string> = new Set<LimitName>([
  'requestSeconds',
  'handshakeSeconds',
  'idleSeconds',
  'connectionSeconds',
  'scoringSeconds',
  'drainSeconds',
])

/** The protocol allows no more of these. */
const ONLY_LOWERED: ReadonlySet<string> = new Set<LimitName>(['channels', 'labelCharacters'])

/** What comes in parts too; of bytes, streams, packets and the like there are only whole ones. */
const FRACTIONAL_UNIT = /^(seconds|percent|messages a second)/

function limitFrom(text: string): Partial<Limits> {
  const [name, value = '', ...more] = text.split('=')
  if (more.length > 0) throw new InvalidArgumentError('It must be one NAME=VALUE; give --limit again for another.')
  if (!Object.hasOwn(DEFAULT_LIMITS, name!)) {
    throw new InvalidArgumentError(
      `There is no limit named ${name}; there are ${Object.keys(DEFAULT_LIMITS).join(', ')}.`,
    )
  }
  const parsed = number(value)
  if (parsed <= 0) throw new InvalidArgumentError(`${name} must be above 0.`)
  if (!Number.isInteger(parsed) && !FRACTIONAL_UNIT.test(DEFAULT_LIMITS[name as LimitName].unit)) {
    throw new InvalidArgumentError(`${name} must be a whole number.`)
  }
  if (TIMERS.has(name!) && parsed > MOST_TIMER_SECONDS) {
    throw new InvalidArgumentError(
      `${name} must be at most ${MOST_TIMER_SECONDS}, 24 days, beyond which no timer reaches.`,
    )
  }
  const { value: most } = DEFAULT_LIMITS[name as LimitName]
  if (ONLY_LOWERED.has(name!) && parsed > most) {
    throw new InvalidArgumentError(`${name} must be at most ${most}; the protocol allows no more.`)
  }
  return { [name as LimitName]: parsed }
}

/** The options that describe a stream, as the protocol names them. */
export function addStreamOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--encoding <name>', 'what raw audio is made of (files say it themselves)').choices(FILE_ENCODINGS),
    )
    .option('--sample-rate <hertz>', 'of raw audio: 8000 to 96000 (default: 16000)', number)
    .option('--channels <count>', 'of raw audio: 1 to 8; each is scored on its own (default: 1)', number)
    .option('--downmix', 'score the mean of all channels as one')
    .option('--hop <seconds>', 'audio between two scores: 0.1 to 10 (default: 0.5)', number)
    .option('--half-life <seconds>', 'of the smoothing, in seconds of audio (default: 2)', number)
    .option('--evidence', 'say with each score which quarter seconds of its window speak for fake')
    .addOption(new Option('--events <kinds...>', 'which kinds to show').choices(EVENT_TYPES))
}

/** @throws EarwitnessError `bad_parameter` */
export function streamParametersFrom(options: Record<string, unknown>): StreamParameters {
  const names = [
    'encoding',
    'sampleRate',
    'channels',
    'downmix',
    'hop',
    'halfLife',
    'evidence',
    'events',
    'model',
  ] as const
  return parseStreamParameters(
    Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])),
  )
}
