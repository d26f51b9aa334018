import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { modelsFolder, shippedModelsFolder } from '../../scoring/model-folders.ts'
import { type ModelManifest, parseModelManifest } from '../../scoring/model-manifest.ts'

interface ListFlags {
  readonly models?: string
  readonly json?: boolean
}

/** One folder that looks like a model. */
interface Listed {
  readonly name: string
  readonly folder: string
  readonly manifest?: ModelManifest
  /** Why it cannot be loaded. */
  readonly fault?: string
}

export function listCommand(): Command {
  return new Command('list')
    .description('The models that can be named: those that come with the program and the imported ones.')
    .option('--models <folder>', 'the models folder (default: EARWITNESS_MODELS or the user’s own)')
    .option('--json', 'one line of JSON for each')
    .action(list)
}

async function list(flags: ListFlags): Promise<void> {
  const folders = [shippedModelsFolder(), flags.models ?? modelsFolder()]
  for (const folder of folders) {
    for (const model of await modelsIn(folder, folder === flags.models)) {
      process.stdout.write(flags.json === true ? `${JSON.stringify(asJson(model))}\n` : lineOf(model))
    }
  }
}

/** The user's own folder comes with the first model in it; one that was named must be there. */
async function modelsIn(folder: string, mustExist: boolean): Promise<Listed[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (mustExist || error.code !== 'ENOENT') throw error
    return []
  })
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
  const models = await Promise.all(names.sort().map((name) => modelIn(join(folder, name), name)))
  return models.filter((model) => model !== undefined)
}

/** `undefined` for a folder without a manifest, which is no model. */
async function modelIn(folder: string, name: string): Promise<Listed | undefined> {
  try {
    const text = await readFile(join(folder, 'model.json'), 'utf8').catch(undefinedWhereMissing)
    if (text === undefined) return undefined
    return { name, folder, manifest: parseModelManifest(JSON.parse(text)) }
  } catch (thrown) {
    return { name, folder, fault: (thrown as Error).message }
  }
}

function undefinedWhereMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function asJson({ name, folder, manifest, fault }: Listed): object {
  if (manifest === undefined) return { name, folder, fault }
  const { version, licence, frontend, input, files } = manifest
  const editions = files.map(({ precision }) => precision)
  return { name, folder, version, licence, frontend: frontend.kind, frames: input.frames, editions }
}

function lineOf({ name, folder, manifest, fault }: Listed): string {
  if (manifest === undefined) return `${name}  cannot be loaded: ${fault}  ${folder}\n`
  const { version, licence, frontend, files } = manifest
  const editions = files.map(({ precision }) => precision).join(', ')
  return `${name}  ${version}  ${frontend.kind}  ${editions}  ${licence}  ${folder}\n`
}
