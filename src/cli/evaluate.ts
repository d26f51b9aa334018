import { Command } from 'commander'
import { EarwitnessError } from '../protocol/errors.ts'
import { limitsWith } from '../protocol/limits.ts'
import { LocalScorer } from '../scoring/local-scorer.ts'
import { modelFolder } from '../scoring/model-folders.ts'
import type { ProviderChoice } from '../scoring/model-manifest.ts'
import { reportOf } from './evaluate/report.ts'
import { reportInWords } from './evaluate/report-in-words.ts'
import { type ChannelFigures, channelFigures } from './evaluate/robustness.ts'
import { ONE_BY_ONE, type Outcome, scoreRecordings } from './evaluate/score-recordings.ts'
import { sentThrough, TRANSMISSION_CHANNEL_NAMES } from './evaluate/transmission-channels.ts'
import { writePlots } from './evaluate/write-plots.ts'
import { type FakeLabel, fakeLabelOption, readLabelledManifest } from './labelled-manifest.ts'
import { providerOption } from './options.ts'
import { progressBar } from './progress-bar.ts'

interface EvaluateFlags {
  readonly json?: boolean
  readonly plots?: string
  readonly channels?: boolean
  readonly fakeLabel?: FakeLabel
  readonly model: string
  readonly provider: ProviderChoice
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('Judge a model on labelled recordings: error rates with their bounds, calibration, time, by group.')
    .argument('<manifest>', 'a CSV of recordings and labels')
    .option('--model <name|folder>', 'the model to judge', 'default')
    .addOption(providerOption())
    .addOption(fakeLabelOption())
    .option('--plots <folder>', 'draw det.svg, scores.svg and reliability.svg there')
    .option('--channels', 'also send each recording through gain, silence, band limits, G.711, Opus and MP3, by ffmpeg')
    .option('--json', 'one JSON document instead of tables: all figures, groups and recordings')
    .addHelpText(
      'after',
      `
The manifest names its columns in its first line: path (from the manifest's own folder) and label, and where you
have them system, speaker, channel and language, by which errors are told apart, and licence. Labels are words: fake, spoof,
synthetic, generated …, real, bonafide, genuine, human …; 0 and 1 mean different things in different data sets.

  path,label,system,speaker
  calls/0001.wav,real,,anna
  fakes/0001.mp3,fake,some-engine,anna

For long recordings with a fake in them, the columns onset and end (seconds) ask how well alerts find it.
Recordings are scored as live streams are. Broken ones are listed and the rest is judged; inconclusive ones are
counted apart. Exit: 0 judged, 1 nothing could be scored, 2 wrong usage or manifest.

Examples:
  $ earwitness evaluate recordings.csv
  $ earwitness evaluate recordings.csv --channels
  $ earwitness evaluate recordings.csv --json --plots figures > report.json
  $ earwitness evaluate protocol.csv --fake-label 1 --model ./my-model`,
    )
    .action(evaluate)
}

async function evaluate(manifest: string, flags: EvaluateFlags): Promise<void> {
  const recordings = await readLabelledManifest(manifest, flags.fakeLabel)
  const { scoringSeconds } = limitsWith()
  const scorer = await LocalScorer.open(modelFolder(flags.model), {
    ...ONE_BY_ONE,
    provider: flags.provider,
    scoringSeconds,
  })
  const asked = flags.channels === true ? TRANSMISSION_CHANNEL_NAMES : []
  const bar = progressBar('[{bar}] {value} of {total} recordings, {eta_formatted} left')
  if (process.stderr.isTTY) bar.start(recordings.length * (1 + asked.length), 0)
  const onOutcome = (): void => bar.increment()
  try {
    const outcomes = await scoreRecordings(recordings, scorer, { onOutcome })
    failIfNoneScored(outcomes)
    const channels: ChannelFigures[] = []
    for (const channel of asked) {
      const sent = await scoreRecordings(recordings, scorer, { onOutcome, open: sentThrough(channel) })
      channels.push(channelFigures(channel, outcomes, sent, scorer.manifest.decision.threshold))
    }
    bar.stop()
    const report = reportOf(manifest, outcomes, scorer, flags.channels === true ? channels : undefined)
    process.stdout.write(`${flags.json === true ? JSON.stringify(report) : reportInWords(report)}\n`)
    if (flags.plots !== undefined) tellPlots(await writePlots(flags.plots, outcomes, report, scorer.manifest.decision))
  } finally {
    bar.stop()
    await scorer.close()
  }
}

function failIfNoneScored(outcomes: readonly Outcome[]): void {
  if (outcomes.some(({ score }) => score !== undefined && score.summary.scored > 0)) return
  const first = outcomes[0]!
  const why = first.broken ?? `inconclusive, ${first.score?.summary.reason}`
  throw new EarwitnessError(
    'unsupported_audio',
    `none of the ${outcomes.length} recordings could be scored; the first, ${first.recording.path}: ${why}`,
  )
}

function tellPlots(written: readonly string[]): void {
  const words = written.length === 0 ? 'no plots: they need scores of both labels' : written.join('\n')
  process.stderr.write(`${words}\n`)
}
