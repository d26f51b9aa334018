import { Command, Option } from 'commander'
import { type OnStep, quantizeModel } from '../../importing/quantize-model.ts'
import { modelFolder, modelsFolder } from '../../scoring/model-folders.ts'
import { progressBar } from '../progress-bar.ts'

interface QuantizeFlags {
  readonly edition: 'int8' | 'fp16'
  readonly models?: string
  readonly json?: boolean
}

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description('Add a smaller edition to a model that has only fp32, and measure how far it is from it.')
    .argument('<name|folder>', 'a model whose fp32 edition earwitness model import wrote')
    .addOption(
      new Option('--edition <precision>', 'int8 for processors, fp16 for GPUs')
        .choices(['int8', 'fp16'])
        .default('int8'),
    )
    .option('--models <folder>', 'the models folder (default: EARWITNESS_MODELS or the user’s own)')
    .option('--json', 'the findings as one line of JSON')
    .addHelpText(
      'after',
      `
The new edition scores the golden window and made ones; one that differs from fp32 by a probability above 0.05 is not kept.

Examples:
  $ earwitness model quantize my-detector
  $ earwitness model quantize ./my-model --edition fp16`,
    )
    .action(quantize)
}

async function quantize(word: string, { edition, models, json }: QuantizeFlags): Promise<void> {
  const bar = new StepBar()
  const { path, fp32Bytes, check } = await quantizeModel(
    modelFolder(word, models ?? modelsFolder()),
    edition,
    bar.show,
  ).finally(() => bar.stop())
  const { bytes, largestProbabilityDifference: largest, goldenProbabilityDifference: golden } = check
  const findings = {
    path,
    edition,
    fp32Bytes,
    bytes,
    largestProbabilityDifference: largest,
    goldenProbabilityDifference: golden,
  }
  process.stdout.write(json === true ? `${JSON.stringify(findings)}\n` : inWords(findings))
}

interface Findings {
  readonly path: string
  readonly edition: string
  readonly fp32Bytes: number
  readonly bytes: number
  readonly largestProbabilityDifference: number
  readonly goldenProbabilityDifference: number
}

function inWords({ path, edition, fp32Bytes, bytes, ...differences }: Findings): string {
  const { goldenProbabilityDifference: golden, largestProbabilityDifference: largest } = differences
  return [
    `fp32 ${mebibytes(fp32Bytes)} → ${edition} ${mebibytes(bytes)}`,
    `difference in probability: ${golden.toExponential(1)} on the golden window, at most ${largest.toExponential(1)}`,
    `${edition} → ${path}`,
    '',
  ].join('\n')
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

/** A bar on a terminal, nothing elsewhere. */
class StepBar {
  readonly #bar = process.stderr.isTTY
    ? progressBar('[{bar}] {percentage}% {step}', { clearOnComplete: true })
    : undefined
  #hasStarted = false

  readonly show: OnStep = (step, done, of) => {
    if (!this.#hasStarted) this.#bar?.start(of, done, { step })
    this.#hasStarted = true
    this.#bar?.update(done, { step })
  }

  stop(): void {
    this.#bar?.stop()
  }
}
