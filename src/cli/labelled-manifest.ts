import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Option } from 'commander'
import { parse } from 'csv-parse/sync'
import { meaningOf } from '../importing/polarity.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import { failureInWords } from './failure-words.ts'

export type Label = 'fake' | 'real'

/** Columns that say to which group a recording belongs. */
export const GROUP_COLUMNS = ['system', 'speaker', 'channel', 'language', 'licence'] as const
export type GroupColumn = (typeof GROUP_COLUMNS)[number]

/** One row of a manifest. */
export interface LabelledRecording {
  /** As the manifest writes it. */
  readonly path: string
  /** Where it is on this machine. */
  readonly file: string
  readonly label: Label
  readonly groups: { readonly [column in GroupColumn]?: string }
  /** Seconds where the fake begins and ends in a recording that is otherwise human. */
  readonly onset?: number
  readonly end?: number
}

/** Which of the labels 0 and 1 means fake. */
export type FakeLabel = '0' | '1'

export function fakeLabelOption(): Option {
  return new Option(
    '--fake-label <0|1>',
    'which of the labels 0 and 1 means fake; data sets disagree, so it must be said',
  ).choices(['0', '1'])
}

interface Line {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Labelled recordings: a CSV whose header names the columns path and label, and maybe others in any order; without a
 * header, rows of path,label. Paths are relative to the manifest.
 * @throws EarwitnessError `bad_parameter`, naming the line and what is wrong with it
 */
export async function readLabelledManifest(path: string, fakeLabel?: FakeLabel): Promise<LabelledRecording[]> {
  const lines = linesOf(path, await textOf(path))
  const columns = columnsOf(path, lines[0]?.record ?? [])
  const rows = columns.inHeader ? lines.slice(1) : lines
  if (rows.length === 0) throw badManifest(path, 'it names no recordings')
  return rows.map(({ record, info }) => {
    const fail = (words: string): never => {
      throw badManifest(`${path}, line ${info.lines}`, `${words}: ${record.join(',')}`)
    }
    const cells = new Map(columns.names.map((name, index) => [name, record[index] ?? '']))
    return recordingOf(dirname(path), cells, fakeLabel, fail)
  })
}

async function textOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause) => {
    throw new EarwitnessError('bad_parameter', `the manifest ${failureInWords(Object.assign(cause, { path }))}`, {
      cause,
    })
  })
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw badManifest(path, 'this is no text; a manifest is a CSV file with the columns path and label')
  }
  return bytes.toString()
}

function linesOf(path: string, text: string): Line[] {
  try {
    return parse(text, {
      bom: true,
      info: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Line[]
  } catch (cause) {
    throw badManifest(path, (cause as Error).message)
  }
}

function columnsOf(path: string, first: readonly string[]): { names: readonly string[]; inHeader: boolean } {
  const names = first.map((name) => name.toLowerCase())
  if (names.includes('path') && names.includes('label')) return { names, inHeader: true }
  const second = first[1] ?? ''
  if (meaningOf(second) !== undefined || isNumberLabel(second)) return { names: ['path', 'label'], inHeader: false }
  throw badManifest(
    path,
    `its first line must name the columns path and label (others may be ${GROUP_COLUMNS.join(', ')}, onset, end); got ${first.join(',') || 'nothing'}`,
  )
}

function recordingOf(
  folder: string,
  cells: ReadonlyMap<string, string>,
  fakeLabel: FakeLabel | undefined,
  fail: (words: string) => never,
): LabelledRecording {
  const path = cells.get('path') || fail('there is no path')
  const label = labelOf(cells.get('label') ?? '', fakeLabel, fail)
  const onset = secondsOf('onset', cells, fail)
  const end = secondsOf('end', cells, fail)
  if (onset !== undefined && label === 'real') fail('only a fake has an onset')
  if (end !== undefined && end <= (onset ?? Number.POSITIVE_INFINITY)) fail('an end needs an onset before it')
  return {
    path,
    file: resolve(folder, path),
    label,
    groups: Object.fromEntries(GROUP_COLUMNS.flatMap((name) => (cells.get(name) ? [[name, cells.get(name)]] : []))),
    ...(onset !== undefined && { onset }),
    ...(end !== undefined && { end }),
  }
}

function labelOf(word: string, fakeLabel: FakeLabel | undefined, fail: (words: string) => never): Label {
  const meaning = meaningOf(word)
  if (meaning !== undefined) return meaning
  if (!isNumberLabel(word)) return fail('the label must be a word such as fake, spoof, real or bonafide, or 0 or 1')
  if (fakeLabel === undefined) {
    return fail(
      `the label ${word} is ambiguous: in some data sets 1 is fake, in others 0 is; say --fake-label 1 or --fake-label 0`,
    )
  }
  return word === fakeLabel ? 'fake' : 'real'
}

function isNumberLabel(word: string): boolean {
  return word === '0' || word === '1'
}

function secondsOf(
  name: string,
  cells: ReadonlyMap<string, string>,
  fail: (words: string) => never,
): number | undefined {
  const text = cells.get(name) ?? ''
  if (text === '') return undefined
  const seconds = Number(text)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : fail(`${name} must be seconds from 0 on`)
}

function badManifest(where: string, words: string): EarwitnessError {
  return new EarwitnessError('bad_parameter', `${where}: ${words}`)
}
