import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { EarwitnessError } from '../../protocol/errors.ts'
import { limitsWith } from '../../protocol/limits.ts'
import { InferenceThread } from '../../scoring/inference-thread.ts'
import { modelFolder, modelsFolder } from '../../scoring/model-folders.ts'
import { type Candidate, type ModelPackage, readModelPackage } from '../../scoring/model-package.ts'
import { type Polarity, polarityOn } from './polarity-on.ts'

interface VerifyFlags {
  readonly models?: string
  readonly data?: string
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
    .action(verify)
}

async function verify(word: string, flags: VerifyFlags): Promise<void> {
  const folder = modelFolder(word, flags.models ?? modelsFolder())
  const model = await readModelPackage(folder, 'auto')
  say(`${model.manifest.name}: model.json and ${model.manifest.files.length} checksums are in order`)
  await checkProviders(model)
  if (flags.data !== undefined) tellPolarity(await polarityOn(flags.data, folder))
}

/** Each provider of each edition must load and give the golden logit; one that is not on this machine is only said. */
async function checkProviders(model: ModelPackage): Promise<void> {
  let loaded = 0
  for (const candidate of model.candidates) {
    const fault = await faultOf(model, candidate)
    say(`${candidate.provider.padEnd(8)} ${candidate.path}: ${fault ?? 'gives the golden logit'}`)
    if (fault === undefined) loaded += 1
    else if (candidate.provider === 'cpu') throw new EarwitnessError('bad_model', fault)
  }
  if (loaded === 0) throw new EarwitnessError('bad_model', `no provider on this machine runs ${model.manifest.name}`)
}

async function faultOf(model: ModelPackage, candidate: Candidate): Promise<string | undefined> {
  const { scoringSeconds } = limitsWith()
  const thread = new InferenceThread(model, candidate, { threads: availableParallelism(), scoringSeconds })
  try {
    await thread.start()
    return undefined
  } catch (thrown) {
    return (thrown as Error).message.trim()
  } finally {
    await thread.close()
  }
}

function tellPolarity({ auc, fake, real, skipped }: Polarity): void {
  const counted = `${fake} fake and ${real} real recordings${skipped > 0 ? `, ${skipped} without a score` : ''}`
  if (auc < 0.5) {
    throw new EarwitnessError(
      'bad_model',
      `the polarity is the wrong way round: AUC ${auc.toFixed(3)} on ${counted}. Its fake output is its real one: turn output.fake in model.json, or import it with the other --fake-index`,
    )
  }
  if (auc < USEFUL_AUC) say(`this audio does not tell: AUC ${auc.toFixed(3)} on ${counted} is near to guessing`)
  process.stdout.write(`polarity: AUC ${auc.toFixed(3)} on ${counted}\n`)
}

function say(words: string): void {
  process.stderr.write(`${words}\n`)
}
