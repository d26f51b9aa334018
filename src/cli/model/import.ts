import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseHubAddress } from '../../importing/hub.ts'
import { type ImportedModel, type ImportOptions, importModel, nameFrom } from '../../importing/import-model.ts'
import type { FakeIndex } from '../../importing/polarity.ts'
import { refuseTaken } from '../../importing/write-package.ts'
import { EarwitnessError } from '../../protocol/errors.ts'
import { modelsFolder } from '../../scoring/model-folders.ts'
import { fetchHere } from './fetch-here.ts'

const PRECISIONS = ['int8', 'fp16', 'fp32'] as const

interface ImportFlags {
  readonly name?: string
  readonly out?: string
  readonly models?: string
  readonly frontend?: NonNullable<ImportOptions['frontend']>
  readonly output?: NonNullable<ImportOptions['output']>
  readonly fakeIndex?: FakeIndex
  readonly editions: ImportOptions['editions']
  readonly licence?: string
  readonly hub?: string
}

export function importCommand(): Command {
  return new Command('import')
    .description('Make a model folder of a checkpoint, without Python, and check every edition of it.')
    .argument('<path>', 'a .pth, a .safetensors, a Hugging Face folder, an .onnx, or hf:OWNER/NAME[@REVISION]')
    .option('--name <name>', 'what to call it (default: after the file)')
    .option('--out <folder>', 'the folder to make (default: NAME in the models folder)')
    .option('--models <folder>', 'the models folder (default: EARWITNESS_MODELS or the user’s own)')
    .addOption(
      new Option('--frontend <name>', 'the recipe it was trained with').choices(['torchaudio-mel', 'kaldi-fbank']),
    )
    .addOption(new Option('--output <kind>', 'what an .onnx gives').choices(['logit', 'two-logits', 'probability']))
    .addOption(
      new Option(
        '--fake-index <index>',
        'which of two outputs is fake; of one: 1 if more means fake, 0 if real',
      ).argParser(fakeIndex),
    )
    .addOption(
      new Option(
        '--editions <list>',
        `what to write of ${PRECISIONS.join(', ')}; --provider auto takes the first that loads`,
      )
        .argParser(editions)
        .default(['int8', 'fp32'], 'int8,fp32'),
    )
    .option('--hub <url>', 'where hf: models are (default: HF_ENDPOINT or https://huggingface.co)')
    .option('--licence <name>', 'of the weights, where no file says it')
    .addHelpText(
      'after',
      `
A gated model needs HF_TOKEN. A download that broke goes on with the next try; what was fetched stays in
~/.cache/earwitness/hub (XDG_CACHE_HOME).

Examples:
  $ earwitness model import final_model.pth --name my-detector
  $ earwitness model import ./my-ast-folder --editions int8,fp16,fp32
  $ HF_TOKEN=hf_… earwitness model import hf:OWNER/NAME@v1.0
  $ earwitness model import other.onnx --frontend torchaudio-mel --output two-logits --fake-index 1`,
    )
    .action(importAndTell)
}

function fakeIndex(text: string): FakeIndex {
  if (text !== '0' && text !== '1') throw new InvalidArgumentError('It must be 0 or 1.')
  return text === '0' ? 0 : 1
}

/** In the order of PRECISIONS, whatever the order they were named in. */
function editions(text: string): ImportOptions['editions'] {
  const wanted = text.split(',')
  const unknown = wanted.find((word) => !PRECISIONS.some((precision) => precision === word))
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `There is no edition ${JSON.stringify(unknown)}; there are ${PRECISIONS.join(', ')}.`,
    )
  return PRECISIONS.filter((precision) => wanted.includes(precision))
}

async function importAndTell(word: string, flags: ImportFlags): Promise<void> {
  const { frontend, output, fakeIndex, licence } = flags
  const address = parseHubAddress(word)
  const name = checkedName(flags.name ?? nameFrom(address?.repo ?? word))
  const out = flags.out ?? join(flags.models ?? modelsFolder(), name)
  // Before it is fetched, which may take an hour.
  await refuseTaken(out)
  const { path, source } = address === undefined ? { path: word, source: word } : await fetchHere(address, flags.hub)
  const imported = await importModel(path, {
    name,
    out,
    editions: flags.editions,
    source,
    ...(frontend !== undefined && { frontend }),
    ...(output !== undefined && { output }),
    ...(fakeIndex !== undefined && { fakeIndex }),
    ...(licence !== undefined && { licence }),
  })
  tell(name, imported)
}

function checkedName(name: string): string {
  if (name === 'default' || !/^\w[\w.-]{0,63}$/.test(name)) {
    throw new EarwitnessError(
      'bad_parameter',
      `--name: ${JSON.stringify(name)} cannot be the name of an imported model`,
    )
  }
  return name
}

function tell(name: string, { folder, checks, goldenFakeLogit, assumptions }: ImportedModel): void {
  for (const { precision, bytes, largestLogitDifference, largestProbabilityDifference } of checks) {
    const size = `${(bytes / 2 ** 20).toFixed(1)} MiB`
    process.stderr.write(
      `${precision.padEnd(5)} ${size.padStart(10)}   largest difference to fp32: logit ${largestLogitDifference.toExponential(1)}, probability ${largestProbabilityDifference.toExponential(1)}\n`,
    )
  }
  process.stderr.write(`golden fake logit ${goldenFakeLogit.toFixed(4)}, reproduced by every edition\n`)
  for (const assumption of assumptions) process.stderr.write(`taken for granted: ${assumption}\n`)
  process.stdout.write(`${name} → ${folder}\n`)
}
