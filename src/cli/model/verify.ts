import { Command } from 'commander'
import { EarwitnessError } from '../../protocol/errors.ts'
import { modelFolder, modelsFolder } from '../../scoring/model-folders.ts'
import { type Candidate, type ModelPackage, readModelPackage } from '../../scoring/model-package.ts'
import { type FakeLabel, fakeLabelOption, readLabelledManifest } from '../labelled-manifest.ts'
import { type Polarity, polarityOn } from './polarity-on.ts'
import { proveProvider } from './provider-proof.ts'

interface VerifyFlags {
  readonly models?: string
  readonly data?: string
  readonly fakeLabel?: FakeLabel
  readonly json?: boolean
}

/** What one provider of one edition did. */
interface Finding extends Omit<Candidate, 'tolerance'> {
  readonly fault?: string
}

/** Below this the labels and the scores are strangers rather than opposites. */
const USEFUL_AUC = 0.6

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Prove a model: its checksums, its golden logit on each provider, and its polarity on labelled audio.')
    .argument('<name|folder>', 'the model')
    .option('--models <folder>', 'the models folder (default: EARWITNESS_MODELS or the user’s own)')
    .option(
      '--data <manifest>',
      'rows of path,label (label: real or fake, or bonafide, spoof …), paths from its own folder',
    )
    .addOption(fakeLabelOption())
    .option('--json', 'the findings as one line of JSON')
    .action(verify)
}

/** What was found is told also where it ends in an error. */
async function verify(word: string, { models, data, fakeLabel, json }: VerifyFlags): Promise<void> {
  const recordings = data === undefined ? undefined : await readLabelledManifest(data, fakeLabel)
  const folder = modelFolder(word, models ?? modelsFolder())
  const model = await readModelPackage(folder, 'auto')
  const tell = (line: string): void => void (json === true || process.stdout.write(`${line}\n`))
  tell(`${model.manifest.name}: model.json and ${model.manifest.files.length} checksums are in order`)
  const providers: Finding[] = []
  let polarity: Polarity | undefined
  try {
    await proveAll(model, (finding) => {
      providers.push(finding)
      tell(`${finding.provider.padEnd(8)} ${finding.path}: ${finding.fault ?? 'gives the golden logit'}`)
    })
    if (recordings !== undefined) {
      polarity = await polarityOn(recordings, folder)
      refuseOpposite(polarity)
      tell(
        `polarity: ${inWords(polarity)}${polarity.auc < USEFUL_AUC ? ', near to guessing: this audio does not tell' : ''}`,
      )
    }
  } finally {
    if (json === true) process.stdout.write(`${JSON.stringify(asJson(folder, model, providers, polarity))}\n`)
  }
}

/**
 * Each provider of each edition must load and give the golden logit; one that is not on this machine is only said. What
 * onnxruntime wrote is shown where that is an error.
 */
async function proveAll(model: ModelPackage, onFinding: (finding: Finding) => void): Promise<void> {
  let loaded = 0
  let logs = ''
  for (const candidate of model.candidates) {
    const { fault, log } = await proveProvider(model, candidate)
    onFinding({ provider: candidate.provider, path: candidate.path, ...(fault !== undefined && { fault }) })
    if (fault === undefined) loaded += 1
    else if (candidate.provider === 'cpu') failWith(log, fault)
    logs += log
  }
  if (loaded === 0) failWith(logs, `no provider on this machine runs ${model.manifest.name}`)
}

function failWith(log: string, fault: string): never {
  process.stderr.write(log)
  throw new EarwitnessError('bad_model', fault)
}

function refuseOpposite(polarity: Polarity): void {
  if (polarity.auc >= 0.5) return
  throw new EarwitnessError(
    'bad_model',
    `the polarity is the wrong way round: ${inWords(polarity)}. Its fake output is its real one: import it with the other --fake-index, or turn output.fake and the sign of golden.fakeLogit in model.json`,
  )
}

function inWords({ auc, fake, real, skipped }: Polarity): string {
  const without = skipped > 0 ? `, ${skipped} without a score` : ''
  return `AUC ${auc.toFixed(3)} on ${fake} fake and ${real} real recordings${without}`
}

function asJson(
  folder: string,
  { manifest }: ModelPackage,
  providers: readonly Finding[],
  polarity?: Polarity,
): object {
  const { name, version, files } = manifest
  return { name, version, folder, checksums: files.length, providers, ...(polarity !== undefined && { polarity }) }
}
