import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { lastValueFrom } from 'rxjs'
import { loadFft } from '../../dsp/fft.ts'
import { meaningOf } from '../../importing/polarity.ts'
import { EarwitnessError } from '../../protocol/errors.ts'
import { limitsWith } from '../../protocol/limits.ts'
import { parseStreamParameters } from '../../protocol/parameters.ts'
import { LocalScorer } from '../../scoring/local-scorer.ts'
import { fileEvents } from '../../stream/file-events.ts'
import { audioInput } from '../audio-input.ts'

export interface Polarity {
  /** How often a fake recording scores higher than a real one: 1 always, 0.5 by chance, 0 never. */
  readonly auc: number
  readonly fake: number
  readonly real: number
  /** Recordings that the model found inconclusive. */
  readonly skipped: number
}

interface Labelled {
  readonly path: string
  readonly label: 'fake' | 'real'
}

/** Scores labelled audio with a model, as a server would. @throws EarwitnessError `bad_parameter` for a bad manifest */
export async function polarityOn(manifest: string, folder: string): Promise<Polarity> {
  const recordings = await readLabels(manifest)
  const scorer = await LocalScorer.open(folder, { scoringSeconds: limitsWith().scoringSeconds })
  const scores = { fake: [] as number[], real: [] as number[] }
  try {
    for (const { path, label } of recordings) {
      const probability = await meanFakeProbability(path, scorer)
      if (probability !== null) scores[label].push(probability)
    }
  } finally {
    await scorer.close()
  }
  const { fake, real } = scores
  if (fake.length === 0 || real.length === 0) {
    throw new EarwitnessError(
      'bad_parameter',
      `--data: no scores of both kinds: ${fake.length} fake, ${real.length} real`,
    )
  }
  const skipped = recordings.length - fake.length - real.length
  return { auc: areaUnderCurve(fake, real), fake: fake.length, real: real.length, skipped }
}

/** Rows of path,label; a first row whose label means nothing is the header. */
async function readLabels(manifest: string): Promise<Labelled[]> {
  const text = await readFile(manifest, 'utf8').catch((cause: Error) => {
    throw new EarwitnessError('bad_parameter', `--data: ${cause.message}`, { cause })
  })
  const rows = text.split(/\r?\n/).map((row) => row.trim())
  return rows.flatMap((row, index) => {
    const [, path, word] = /^"?(.*?)"?\s*,\s*"?([^,"]*)"?$/.exec(row) ?? []
    const label = word === undefined ? undefined : meaningOf(word)
    if (path !== undefined && label !== undefined) return [{ path: resolve(dirname(manifest), path), label }]
    if (row === '' || index === 0) return []
    throw new EarwitnessError('bad_parameter', `--data: row ${index + 1} is not path,label with fake or real: ${row}`)
  })
}

/** The mean over all channels that were judged; null if none was. */
async function meanFakeProbability(path: string, scorer: LocalScorer): Promise<number | null> {
  const { encoding, chunks } = await audioInput(path, undefined)
  const parameters = parseStreamParameters({ encoding })
  const context = { streamId: randomUUID(), parameters, scorer, limits: limitsWith(), fft: await loadFft() }
  const last = await lastValueFrom(fileEvents(chunks, { ...context, now: () => performance.now() }))
  if (last.type !== 'summary') {
    throw new EarwitnessError('bad_audio', `${path}: ${last.type === 'error' ? last.message : 'was not scored'}`)
  }
  const means = last.channels.flatMap(({ meanFakeProbability: mean }) => mean ?? [])
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0) / means.length
}

/** Ties count half. */
export function areaUnderCurve(fake: readonly number[], real: readonly number[]): number {
  let wins = 0
  for (const one of fake) for (const other of real) wins += one > other ? 1 : one === other ? 0.5 : 0
  return wins / (fake.length * real.length)
}
