import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseStreamParameters } from '../protocol/parameters.ts'
import type { TransportName } from '../server/serve.ts'
import { AST_SIZES, benchAst } from './bench/ast.ts'
import { benchDecode } from './bench/decode.ts'
import { benchDsp } from './bench/dsp.ts'
import { benchGrowth, type GrowthOptions } from './bench/growth.ts'
import { benchLatency } from './bench/latency.ts'
import { machine } from './bench/machine.ts'
import { BATCHES, benchModel } from './bench/model.ts'
import type { PacketEncoding } from './bench/packets.ts'
import { requireRecordings } from './bench/recordings.ts'
import { benchStreams, type StreamsOptions } from './bench/streams.ts'
import { count, number, providerOption } from './options.ts'

interface LatencyFlags {
  readonly json?: boolean
  readonly streams: readonly number[]
  readonly seconds: number
  readonly transport: TransportName
  readonly encoding: PacketEncoding
  readonly model: string
  readonly audio?: string
  readonly hop: number
  readonly threads?: number
}

const DEFAULT_STREAMS = [1, 10, 50]

/** Programs that measure; each prints one JSON document, with the machine it ran on. */
export function benchCommand(): Command {
  const bench = new Command('bench')
    .description('Measure this program on this machine: JSON on standard output, words on standard error.')
    .addHelpText(
      'after',
      `
Examples:
  $ earwitness bench dsp --json
  $ earwitness bench model --model my-ast --provider webgpu --batch 1,8,32
  $ earwitness bench latency --streams 1,10,50 --transport uws
  $ earwitness bench streams --cores 1 --seconds 20 --transport ws --encoding s16le
  $ earwitness bench growth --plots plots
  $ earwitness bench all --json > bench.json`,
    )
  for (const command of [dsp(), decode(), model(), ast(), latency(), streams(), growth(), all()]) {
    bench.addCommand(command.option('--json', 'on one line').exitOverride())
  }
  return bench
}

function dsp(): Command {
  return new Command('dsp')
    .description('mel frame, FFT and resampler, beside torchaudio in turns where python3 has it (PYTHON names another)')
    .option('--seconds <count>', 'of audio in a round', positive, 30)
    .option('--rounds <count>', 'that are counted, after one to warm up', count, 9)
    .action(async (flags) => print(flags, await benchDsp(flags)))
}

function decode(): Command {
  return new Command('decode')
    .description('packets of 20 ms from message to samples, by encoding')
    .option('--packets <count>', 'in a round', count, 5_000)
    .option('--rounds <count>', 'that are counted, after one to warm up', count, 9)
    .action(async (flags) => print(flags, await benchDecode(flags)))
}

function model(): Command {
  return new Command('model')
    .description('full windows through the model, alone and in batches: whole, and going on from the ones before')
    .option('--model <name|folder>', 'what to measure', 'default')
    .addOption(providerOption())
    .option('--threads <count>', 'of one inference', count, 1)
    .option('--batch <counts>', 'of windows at once, one measurement each', counts, BATCHES)
    .option('--rounds <count>', 'that are counted, after one to warm up', count, 9)
    .action(async (flags) => print(flags, await benchModel(flags)))
}

function ast(): Command {
  return new Command('ast')
    .description(
      "the seed's model, random weights, beside PyTorch in turns; needs python3 with torch (PYTHON names one)",
    )
    .addOption(new Option('--size <name>', 'of the model').choices([...AST_SIZES]).default('base'))
    .option('--threads <count>', 'of each', count, availableParallelism())
    .option('--rounds <count>', 'that are counted, after one to warm up', count, 7)
    .action(async (flags) => print(flags, await benchAst(flags)))
}

function latency(): Command {
  return new Command('latency')
    .description('live streams over real sockets to a server of its own: latency, skipped windows, CPU, memory')
    .option('--streams <counts>', 'at once, one measurement each', counts, DEFAULT_STREAMS)
    .option('--seconds <count>', 'of each; the part after 11 s, or its second half, is counted', positive, 30)
    .addOption(new Option('--transport <name>', 'of the server').choices(['ws', 'uws']).default('ws'))
    .addOption(new Option('--encoding <name>', 'of the audio').choices(['s16le', 'opus']).default('s16le'))
    .option('--hop <seconds>', 'of audio between two scores: 0.1 to 10', hop, 0.5)
    .option('--model <name|folder>', 'that scores', 'default')
    .option('--threads <count>', "of the server's model (default: its own)", count)
    .option('--audio <file>', "what the streams play (default: the tests' recordings)")
    .action(async (flags: LatencyFlags) => print(flags, await benchLatency(flags)))
}

function streams(): Command {
  return new Command('streams')
    .description(
      'the most live streams that a server carries (p99 100 ms, none skipped), what each costs, beside Python',
    )
    .option('--from <count>', 'of streams to begin with', count, 50)
    .option('--up-to <count>', 'of streams to try (default: until a number fails)', count)
    .option('--seconds <count>', 'that each number must last, once windows are full', positive, 60)
    .option('--transport <names>', 'of the server, one measurement each', among('ws', 'uws'), ['ws', 'uws'])
    .option('--encoding <names>', 'of the audio, one measurement each', among('s16le', 'opus'), ['s16le', 'opus'])
    .option('--workers <count>', 'processes of the server', count)
    .option('--cores <count>', 'for the server alone; the load takes the others (Linux)', count)
    .option('--hop <seconds>', 'of audio between two scores: 0.1 to 10', hop, 0.5)
    .option('--model <name|folder>', 'that scores', 'default')
    .option('--threads <count>', "of the server's model (default: its own)", count)
    .option('--audio <file>', "what the streams play (default: the tests' recordings)")
    .option('--no-peer', "leave out Python's sliding window (which needs python3 with torch; PYTHON names one)")
    .action(async (flags: StreamsOptions & { json?: boolean }) => print(flags, await benchStreams(flags)))
}

function growth(): Command {
  return new Command('growth')
    .description('cost against the number of streams (until windows are skipped), the hop, and hours of audio')
    .option('--seconds <count>', 'for each number of streams and each hop', positive, 24)
    .option('--hours <count>', 'of audio in one stream', positive, 6)
    .option('--up-to <count>', 'of streams to try (default: until windows are skipped)', count)
    .option('--plots <folder>', 'draw them there, as SVG')
    .action(async (flags: GrowthOptions & { json?: boolean }) => print(flags, await benchGrowth(flags)))
}

function all(): Command {
  return new Command('all')
    .description('dsp, decode, model and latency, as `npm run bench` does')
    .action(async (flags) => {
      requireRecordings()
      print(flags, {
        dsp: await benchDsp({ seconds: 30, rounds: 9 }),
        decode: await benchDecode({ packets: 5_000, rounds: 9 }),
        model: await benchModel({ model: 'default', provider: 'auto', rounds: 9, threads: 1, batch: BATCHES }),
        latency: await benchLatency({
          streams: DEFAULT_STREAMS,
          seconds: 30,
          transport: 'ws',
          encoding: 's16le',
          model: 'default',
          hop: 0.5,
        }),
      })
    })
}

function print(flags: { readonly json?: boolean }, report: object): void {
  process.stdout.write(`${JSON.stringify({ machine: machine(), ...report }, null, flags.json === true ? 0 : 2)}\n`)
}

function positive(text: string): number {
  const value = number(text)
  if (value <= 0) throw new InvalidArgumentError('It must be above 0.')
  return value
}

function hop(text: string): number {
  return parseStreamParameters({ hop: number(text) }).hop
}

function counts(text: string): number[] {
  return text.split(',').map(count)
}

function among<Name extends string>(...names: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    text.split(',').map((word) => {
      const name = names.find((name) => name === word)
      if (name === undefined) throw new InvalidArgumentError(`It must be of ${names.join(', ')}.`)
      return name
    })
}
