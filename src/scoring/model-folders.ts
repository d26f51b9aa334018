import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Where imported models live: EARWITNESS_MODELS, or the user's data folder. */
export function modelsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { EARWITNESS_MODELS: chosen, XDG_DATA_HOME: data } = environment
  return chosen ? resolve(chosen) : join(data || join(homedir(), '.local', 'share'), 'earwitness', 'models')
}

/** Where the models lie that come with this program. */
export function shippedModelsFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve('#models/default/model.json')))
}

/** The folder of a model: a path if there is a slash in the word, else a shipped or an imported model of that name. */
export function modelFolder(word: string, imported: string = modelsFolder()): string {
  if (word.includes('/') || word.includes('\\') || word === '.') return resolve(word)
  const shipped = join(shippedModelsFolder(), word)
  return existsSync(join(shipped, 'model.json')) ? shipped : join(imported, word)
}
