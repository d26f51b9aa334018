import { EarwitnessError } from '../protocol/errors.ts'
import { LocalScorer, type LocalScorerOptions } from '../scoring/local-scorer.ts'
import { modelFolder } from '../scoring/model-folders.ts'

/** The loaded models, by name. */
export class Models {
  readonly #scorers: ReadonlyMap<string, LocalScorer>
  readonly #default: LocalScorer

  private constructor(scorers: readonly LocalScorer[]) {
    this.#scorers = new Map(scorers.map((scorer) => [scorer.manifest.name, scorer]))
    this.#default = scorers[0]!
  }

  /**
   * Loads model folders; the first is the default. A word without a slash names a shipped or an imported model.
   * @throws EarwitnessError `bad_model`, or `bad_parameter` for two of one name
   */
  static async open(namesOrFolders: readonly string[], options: LocalScorerOptions): Promise<Models> {
    const scorers: LocalScorer[] = []
    try {
      for (const word of namesOrFolders) {
        const scorer = await LocalScorer.open(modelFolder(word), options)
        scorers.push(scorer)
        const { name } = scorer.manifest
        if (scorers.some((other) => other !== scorer && other.manifest.name === name)) {
          throw new EarwitnessError('bad_parameter', `two models are named ${name}; clients ask for them by name`)
        }
      }
    } catch (error) {
      await Promise.all(scorers.map((scorer) => scorer.close()))
      throw error
    }
    return new Models(scorers)
  }

  get all(): readonly LocalScorer[] {
    return [...this.#scorers.values()]
  }

  /** @throws EarwitnessError `unknown_model` */
  find(name: string | undefined): LocalScorer {
    if (name === undefined) return this.#default
    const scorer = this.#scorers.get(name)
    if (scorer !== undefined) return scorer
    const loaded = [...this.#scorers.keys()].join(', ')
    throw new EarwitnessError('unknown_model', `model: ${JSON.stringify(name)} is not loaded; loaded are ${loaded}`)
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((scorer) => scorer.close()))
  }
}
