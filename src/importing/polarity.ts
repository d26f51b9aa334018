import { badModel } from './bad-model.ts'

export type FakeIndex = 0 | 1

const FAKE_WORDS = ['fake', 'spoof', 'spoofed', 'spoofing', 'generated', 'synthetic', 'synthesized', 'synthesised']
const MORE_FAKE_WORDS = ['deepfake', 'ai', 'artificial', 'machine', 'cloned', 'tts']
const REAL_WORDS = ['real', 'bonafide', 'genuine', 'human', 'authentic', 'natural', 'organic', 'original']

const MEANING: ReadonlyMap<string, 'fake' | 'real'> = new Map([
  ...[...FAKE_WORDS, ...MORE_FAKE_WORDS].map((word) => [word, 'fake'] as const),
  ...REAL_WORDS.map((word) => [word, 'real'] as const),
])

/** What a label says, if it says one thing. `not fake`, `LABEL_0` and `real or fake` say nothing here. */
export function meaningOf(label: string): 'fake' | 'real' | undefined {
  const words = label
    .replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3 $2$4')
    .toLowerCase()
    .replace(/bona[^a-z]*fide/g, 'bonafide')
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
  if (words.some((word) => ['not', 'non', 'no', 'un'].includes(word))) return undefined
  const meanings = new Set(words.flatMap((word) => MEANING.get(word) ?? []))
  return meanings.size === 1 ? [...meanings][0] : undefined
}

/**
 * Which output is the fake one, from the labels of a model with two; of a model with one output, whether more of it
 * means fake (1) or real (0).
 * @throws EarwitnessError `bad_model` where the labels do not say it, asking for `--fake-index`
 */
export function fakeIndexFrom(labels: readonly string[]): FakeIndex {
  const meanings = labels.map(meaningOf)
  if (labels.length === 1 && meanings[0] !== undefined) return meanings[0] === 'fake' ? 1 : 0
  const fake = meanings.indexOf('fake')
  // One label that is understood tells of the other too, unless both say the same.
  const index = fake !== -1 ? fake : 1 - meanings.indexOf('real')
  const isClear = meanings[0] !== meanings[1] && (index === 0 || index === 1)
  if (labels.length === 2 && isClear) return index
  throw badModel(
    `its labels ${labels.map((label) => JSON.stringify(label)).join(' and ')} do not say which one is fake: say it with --fake-index 0 or 1, and prove it with earwitness model verify NAME --data MANIFEST`,
  )
}
