import { Command, Option } from 'commander'
import { EarwitnessError } from '../protocol/errors.ts'
import type { ProviderChoice } from '../scoring/model-manifest.ts'
import { addStreamOptions, providerOption } from './options.ts'
import { readerGone } from './reader-gone.ts'
import { chooseRenderer } from './renderer.ts'
import { watchHere } from './watch-here.ts'
import { watchServer } from './watch-server.ts'

export interface WatchFlags {
  readonly json?: boolean
  readonly realtime?: boolean
  readonly key?: string
  readonly provider: ProviderChoice
  readonly model: string
  /** What addStreamOptions adds. */
  readonly [option: string]: unknown
}

export function watchCommand(): Command {
  const command = new Command('watch')
    .description('Score a file, standard input, or either of them on a server, and show the probability move.')
    .argument('<source...>', 'an audio file or - for standard input; a ws:// address scores it on that server')
  return addStreamOptions(command)
    .option('--model <name|folder>', 'the model to score with', 'default')
    .addOption(providerOption())
    .option('--realtime', 'play the audio to the model at the pace of the clock')
    .addOption(new Option('--key <key>', 'the key that a server wants').env('EARWITNESS_KEY'))
    .option('--json', "one line of JSON for each event, exactly the server's")
    .addHelpText(
      'after',
      `
WAV, Ogg Opus and WebM Opus are read as they are; other files need ffmpeg. Standard input is raw audio
(s16le, 16 kHz, mono unless told otherwise) or one of these three.

Examples:
  $ earwitness watch call.wav
  $ ffmpeg -i anything.mp4 -f s16le -ar 16000 -ac 1 - | earwitness watch -
  $ earwitness watch --json podcast.mp3 | jq 'select(.type == "alert")'
  $ earwitness watch ws://localhost:8080 call.wav --realtime`,
    )
    .action(watch)
}

async function watch(sources: string[], flags: WatchFlags): Promise<void> {
  const server = sources.find((source) => /^(wss?|https?):\/\//.test(source))
  const inputs = sources.filter((source) => source !== server)
  const renderer = chooseRenderer(flags.json === true)
  if (inputs.length > 1) {
    throw new EarwitnessError('bad_parameter', `one source at a time; got ${inputs.join(' and ')}`)
  }
  const [input = '-'] = inputs
  const failure =
    server === undefined ? await watchHere(input, flags, renderer) : await watchServer(server, input, flags, renderer)
  renderer.end()
  if (failure === undefined || readerGone.aborted) return
  process.stderr.write(`earwitness: ${failure}\n`)
  process.exitCode = 1
}
