import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EvaluationReport, RecordingRow } from '../../src/cli/evaluate/report.ts'
import { ONE_BY_ONE, scoreRecordings } from '../../src/cli/evaluate/score-recordings.ts'
import { TRANSMISSION_CHANNEL_NAMES } from '../../src/cli/evaluate/transmission-channels.ts'
import { readLabelledManifest } from '../../src/cli/labelled-manifest.ts'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import { hasFfmpeg } from '../audio/ffmpeg-bytes.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'
import { asWav, fakeSpeech, realSpeech } from '../fixtures/recordings.ts'
import { earwitness, eventsOf } from './program.ts'

const BYTES_A_SECOND = 32_000

/** Two stretches of each voice, both whole, one that turns fake half way, and three that have no score. */
const rows = [
  ['real-a.wav', 'bonafide', '', 'allison', 'studio'],
  ['fake-a.wav', 'spoof', 'espeak-ng', '', 'studio'],
  ['real-b.wav', 'human', '', 'allison', 'studio'],
  ['missing.wav', 'fake', 'nowhere & <none>', '', ''],
  ['fake-b.wav', 'synthetic', 'espeak-ng', '', 'studio'],
  ['real.wav', 'real', '', 'allison', 'studio'],
  ['silence.wav', 'real', '', '', 'studio'],
  ['notes.wav', 'fake', 'espeak-ng', '', 'studio'],
  ['fake.wav', 'fake', 'espeak-ng', '', 'studio'],
]

let folder: string
let manifest: string
let report: EvaluationReport

async function write(name: string, header: string, lines: readonly (readonly string[])[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `${[header, ...lines.map((cells) => cells.join(','))].join('\n')}\n`)
  return path
}

const HEADER = 'path,label,system,speaker,channel'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-evaluate-'))
  const seconds = (samples: Uint8Array, from: number, to: number) =>
    asWav(samples.subarray(from * BYTES_A_SECOND, to * BYTES_A_SECOND))
  const files = {
    'real-a.wav': seconds(realSpeech, 0, 4),
    'real-b.wav': seconds(realSpeech, 5, 9),
    'real.wav': asWav(realSpeech),
    'fake-a.wav': seconds(fakeSpeech, 0, 4),
    'fake-b.wav': seconds(fakeSpeech, 5, 9),
    'fake.wav': asWav(fakeSpeech),
    'turns.wav': asWav(Buffer.concat([realSpeech, fakeSpeech, fakeSpeech])),
    'silence.wav': asWav(new Uint8Array(3 * BYTES_A_SECOND)),
    'notes.wav': 'buy milk',
  }
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
  manifest = await write('manifest.csv', HEADER, rows)
  const { code, stdout, stderr } = await earwitness(['evaluate', manifest, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  report = JSON.parse(stdout)
})
afterAll(() => rm(folder, { recursive: true }))

const rowOf = (path: string, of = report): RecordingRow => of.recordings.find((row) => row.path === path)!

describe('earwitness evaluate --json', () => {
  it('has a row for each recording, in the order of the manifest, with what the manifest says of it', () => {
    expect(report.recordings.map(({ path }) => path)).toEqual(rows.map(([path]) => path))
    expect(rowOf('fake-a.wav')).toMatchObject({ label: 'fake', system: 'espeak-ng', channel: 'studio' })
    expect(rowOf('fake-a.wav')).not.toHaveProperty('speaker')
  })

  it.each(['real.wav', 'fake-b.wav'])('scores %s as the live path does', async (name) => {
    const { stdout } = await earwitness(['watch', '--json', join(folder, name)])
    const events = eventsOf(stdout)
    const summary = events.find((event) => event.type === 'summary')!.channels[0]!
    const { meanFakeProbability, peakFakeProbability, verdict, duration, speechSeconds, scored, alerts } = summary
    const raised = events.find((event) => event.type === 'alert')
    expect(rowOf(name)).toMatchObject({
      meanFakeProbability,
      peakFakeProbability,
      verdict,
      duration,
      speechSeconds,
      scored,
      alerts,
      firstAlertAt: raised?.at ?? null,
    })
    const scores = events.filter((event) => event.type === 'score')
    const settled = scores.find(({ end }) => end === rowOf(name).verdictSettledAt)!
    expect(scores.slice(scores.indexOf(settled)).every((score) => score.verdict === scores.at(-1)!.verdict)).toBe(true)
    expect(scores[scores.indexOf(settled) - 1]?.verdict).not.toBe(settled.verdict)
  })

  it('makes its figures of what has a score, and counts the rest apart', () => {
    const judged = report.recordings.filter(({ meanFakeProbability }) => typeof meanFakeProbability === 'number')
    expect(judged).toHaveLength(6)
    const { falseAlarms, misses, threshold } = report.atThreshold
    const called = (label: string, is: boolean) =>
      judged.filter((row) => row.label === label && (row.meanFakeProbability as number) >= threshold === is).length
    expect(falseAlarms).toMatchObject({ count: called('real', true), of: 3 })
    expect(misses).toMatchObject({ count: called('fake', false), of: 3 })
    expect(report.separation).toMatchObject({ auc: 1, eer: 0 })
    const { real, fake } = report.verdicts
    expect({ inconclusive: real.inconclusive, broken: real.broken }).toEqual({ inconclusive: 1, broken: 0 })
    expect({ inconclusive: fake.inconclusive, broken: fake.broken }).toEqual({ inconclusive: 0, broken: 2 })
    const counts = [real, fake].flatMap((verdicts) => Object.values(verdicts))
    expect(counts.reduce((total, count) => total + count, 0)).toBe(rows.length)
  })

  it('says why a recording has no score', () => {
    expect(rowOf('silence.wav')).toMatchObject({
      verdict: 'inconclusive',
      reason: 'silence',
      meanFakeProbability: null,
    })
    expect(rowOf('missing.wav')).toMatchObject({
      verdict: 'broken',
      broken: expect.stringMatching(/missing\.wav: there is no such file/),
    })
    expect(rowOf('notes.wav')).toMatchObject({ verdict: 'broken', broken: expect.stringMatching(/ffmpeg/) })
  })

  it('tells errors apart by the columns that are there', () => {
    const { system, speaker, channel, language } = report.by
    expect(system.map(({ name }) => name)).toEqual(['espeak-ng', 'nowhere & <none>'])
    expect(system[0]).toMatchObject({ auc: 1, eer: 0, misses: { of: 3 }, falseAlarms: { of: 0, rate: null } })
    expect(system[1]).toMatchObject({ auc: null, verdicts: { fake: { broken: 1 } } })
    expect(speaker).toMatchObject([{ name: 'allison', falseAlarms: { of: 3 }, auc: 1 }])
    expect(channel).toMatchObject([{ name: 'studio', verdicts: { real: { inconclusive: 1 }, fake: { broken: 1 } } }])
    expect(language).toEqual([])
  })

  it('says when the audio had told enough, and how often humans were accused', () => {
    expect(report.verdictSettledAt.real.count).toBe(3)
    expect(report.verdictSettledAt.fake.count).toBe(3)
    const { alerts, hours, speechHours } = report.alerts.human
    expect(alerts).toBe(0)
    expect(hours * 3600).toBeCloseTo(4 + 4 + 12 + 3, 1)
    expect(speechHours).toBeLessThan(hours)
  })

  it('gives the same for any order of the rows', async () => {
    const reversed = await write('reversed.csv', HEADER, rows.toReversed())
    const again: EvaluationReport = JSON.parse((await earwitness(['evaluate', reversed, '--json'])).stdout)
    for (const [path] of rows) expect(rowOf(path!, again)).toEqual(rowOf(path!))
    for (const figure of ['verdicts', 'atThreshold', 'lastWindow', 'allWindows', 'alerts', 'by'] as const) {
      expect(again[figure]).toEqual(report[figure])
    }
  })

  it('measures how late an alert dates the onset of an inserted fake, and keeps it out of the other figures', async () => {
    const path = await write('onsets.csv', 'path,label,onset,end', [
      ['turns.wav', 'fake', '12', '36'],
      ['real.wav', 'real'],
    ])
    const judged: EvaluationReport = JSON.parse((await earwitness(['evaluate', path, '--json'])).stdout)
    const [first] = rowOf('turns.wav', judged).alerts as { start: number }[]
    const { found, error, absoluteError, otherAlerts } = judged.alerts.onsets!
    expect(found).toMatchObject({ count: 1, of: 1 })
    expect(error).toMatchObject({ count: 1, max: expect.closeTo(first!.start - 12, 2) })
    expect(absoluteError.max).toBeLessThanOrEqual(1)
    const { start } = rowOf('turns.wav', judged).strongestEvidence as { start: number }
    const { evidence, eitherWithinOneSecond } = judged.alerts.onsets!
    expect(rowOf('turns.wav', judged)).toMatchObject({ alertError: first!.start - 12, evidenceError: start - 12 })
    expect(evidence).toMatchObject({ error: { max: expect.closeTo(start - 12, 2) }, withinOneSecond: { count: 1 } })
    expect(eitherWithinOneSecond).toMatchObject({ count: 1, of: 1 })
    expect(otherAlerts).toBe((rowOf('turns.wav', judged).alerts as unknown[]).length - 1)
    expect(judged.atThreshold.misses.of).toBe(0)
    expect(judged.separation).toBeNull()
  })
})

describe('scores', () => {
  it('are the same to the bit for one file at a time and for many', async () => {
    const recordings = await readLabelledManifest(manifest)
    const scorer = await LocalScorer.open(defaultModelFolder, { ...ONE_BY_ONE, scoringSeconds: 30 })
    try {
      const alone = await scoreRecordings(recordings, scorer, { atOnce: 1 })
      expect(await scoreRecordings(recordings, scorer, { atOnce: 16 })).toEqual(alone)
    } finally {
      await scorer.close()
    }
  })
})

describe('earwitness evaluate', () => {
  it('prints tables for people, and draws plots with axes, bounds and systems', async () => {
    const plots = join(folder, 'plots')
    const { code, stdout, stderr } = await earwitness(['evaluate', manifest, '--plots', plots])
    expect(code).toBe(0)
    expect(stderr.trimEnd().split('\n')).toEqual(
      ['det', 'scores', 'reliability'].map((name) => join(plots, `${name}.svg`)),
    )
    expect(stdout).toMatch(/^verdict +real +fake +uncertain +inconclusive +broken$/m)
    expect(stdout).toMatch(/^EER +0\.0 % +\(0\.0–0\.0 %\)/m)
    expect(stdout).toMatch(/^misses +\d of 3, .* of fake recordings$/m)
    expect(stdout).toMatch(/^espeak-ng .* 1\.000 +0 +1$/m)
    expect(stdout).toMatch(/^broken, in no figure:\n {2}missing\.wav: .*no such file.*\n {2}notes\.wav: /m)
    for (const [name, words] of [
      ['det', /EER 0\.0 % \(0\.0–0\.0 %\), 3 human and 3 fake.*false alarms: .*%.*misses: .*%/s],
      ['scores', /3 human and 3 fake.*fake logit .*share of the recordings.*threshold 0\.\d+/s],
      ['reliability', /calibration error .*fake probability .*share that was fake/s],
    ] as const) {
      const svg = await readFile(join(plots, `${name}.svg`), 'utf8')
      expect(svg).toMatch(words)
      expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    }
  })

  it.skipIf(!hasFfmpeg)(
    'sends recordings through channels, and says how far their scores moved (needs ffmpeg)',
    async () => {
      const path = await write('channels.csv', 'path,label', [
        ['real-a.wav', 'real'],
        ['fake-a.wav', 'fake'],
      ])
      const { stdout, stderr } = await earwitness(['evaluate', path, '--channels', '--json'])
      expect(stderr).toBe('')
      const { channels }: EvaluationReport = JSON.parse(stdout)
      expect(channels!.map(({ channel }) => channel)).toEqual(TRANSMISSION_CHANNEL_NAMES)
      for (const { channel, movement, falseAlarms, misses, lost } of channels!) {
        expect({ channel, compared: [movement.real.recordings, movement.fake.recordings], lost }).toEqual({
          channel,
          compared: [1, 1],
          lost: 0,
        })
        expect([falseAlarms.of, misses.of]).toEqual([1, 1])
        expect(Math.abs(movement.fake.drift!)).toBe(movement.fake.median)
      }
      const moved = (name: string) => channels!.find(({ channel }) => channel === name)!.movement.fake.median!
      expect(moved('gain −12 dB')).toBeGreaterThan(0)
      expect(moved('gain −12 dB')).toBeLessThan(moved('band of 300 to 3400 Hz'))
    },
    120_000,
  )

  it('judges recordings of one label as far as that goes', async () => {
    const path = await write('humans.csv', 'path,label', [['real-a.wav', 'real']])
    const { code, stdout, stderr } = await earwitness(['evaluate', path, '--plots', join(folder, 'none')])
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'no plots: they need scores of both labels\n' })
    expect(stdout).toMatch(/AUC, EER and calibration need scores of both labels/)
    expect(stdout).toMatch(/^false alarms +\d of 1/m)
  })

  it('ends with 1 where nothing could be scored, and says why', async () => {
    const path = await write('hopeless.csv', 'path,label', [
      ['silence.wav', 'real'],
      ['missing.wav', 'fake'],
    ])
    const { code, stdout, stderr } = await earwitness(['evaluate', path])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/none of the 2 recordings could be scored; the first, silence\.wav: inconclusive, silence/)
  })

  it.each([
    ['0 and 1 as labels', [['real-a.wav', '0']], /line 2: the label 0 is ambiguous.*--fake-label/],
    ['a label that means nothing', [['real-a.wav', 'perhaps']], /line 2: the label must be a word/],
  ])('ends with 2 for %s', async (_, lines, message) => {
    const { code, stdout, stderr } = await earwitness(['evaluate', await write('odd.csv', 'path,label', lines)])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})
