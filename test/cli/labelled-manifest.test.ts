import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeLabel, readLabelledManifest } from '../../src/cli/labelled-manifest.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-manifest-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(text: string, fakeLabel?: FakeLabel) {
  const path = join(folder, 'manifest.csv')
  await writeFile(path, text)
  return readLabelledManifest(path, fakeLabel)
}

describe('a labelled manifest', () => {
  it('names its columns in any order, and others are passed over', async () => {
    const [first, second] = await read(
      '\u{feff}Label, seconds,PATH,system,speaker,channel,language,licence\r\nspoof,3,a.wav,some engine,anna,phone,en,MIT\r\n\r\nbonafide,4,"b, c.wav",,,,,\r\n',
    )
    expect(first).toEqual({
      path: 'a.wav',
      file: join(folder, 'a.wav'),
      label: 'fake',
      groups: { system: 'some engine', speaker: 'anna', channel: 'phone', language: 'en', licence: 'MIT' },
    })
    expect(second).toEqual({ path: 'b, c.wav', file: join(folder, 'b, c.wav'), label: 'real', groups: {} })
  })

  it('may have rows of several systems, each with its own line ends', async () => {
    const rows = await read('path,label\r\na.wav,real\nb.wav,fake\r\nc.wav,real\rd.wav,fake')
    expect(rows.map(({ path, label }) => `${path} ${label}`)).toEqual([
      'a.wav real',
      'b.wav fake',
      'c.wav real',
      'd.wav fake',
    ])
  })

  it('may be rows of path,label alone, and may name files anywhere', async () => {
    const rows = await read('/elsewhere/a.wav,Fake\nb.wav,human\n')
    expect(rows.map(({ file, label }) => [file, label])).toEqual([
      ['/elsewhere/a.wav', 'fake'],
      [join(folder, 'b.wav'), 'real'],
    ])
  })

  it('says where a fake begins and ends in a human recording', async () => {
    const [inserted, open, whole] = await read(
      'path,label,onset,end\na.wav,fake,12.5,15\nb.wav,fake,3,\nc.wav,fake,,\n',
    )
    expect(inserted).toMatchObject({ onset: 12.5, end: 15 })
    expect(open).not.toHaveProperty('end')
    expect(whole).not.toHaveProperty('onset')
  })

  it.each([
    ['1', ['fake', 'real']],
    ['0', ['real', 'fake']],
  ] as const)('with 0 and 1 as labels is understood once %s is said to be fake', async (fakeLabel, labels) => {
    const rows = await read('path,label\na.wav,1\nb.wav,0\nc.wav,genuine\n', fakeLabel)
    expect(rows.map(({ label }) => label)).toEqual([...labels, 'real'])
  })

  it.each([
    ['bare 0 and 1', 'path,label\na.wav,1\n', /manifest\.csv, line 2: the label 1 is ambiguous.*--fake-label 1 or/],
    ['bare 0 and 1 without a header', 'a.wav,0\n', /line 1: the label 0 is ambiguous/],
    [
      'a label that means nothing',
      'path,label\na.wav,real\nb.wav,maybe\n',
      /line 3: the label must be a word.*b\.wav,maybe/,
    ],
    ['no label column', 'path,class\na.wav,real\n', /must name the columns path and label .*; got path,class/],
    ['no path', 'path,label\n,real\n', /line 2: there is no path/],
    ['no rows', 'path,label\n', /names no recordings/],
    ['nothing', '', /got nothing/],
    ['a quote that does not end', 'path,label\n"a.wav,real\n', /manifest\.csv: .*[Qq]uote/],
    ['an onset that is no number', 'path,label,onset\na.wav,fake,soon\n', /line 2: onset must be seconds from 0 on/],
    ['an onset in a real recording', 'path,label,onset\na.wav,real,3\n', /only a fake has an onset/],
    ['an end before its onset', 'path,label,onset,end\na.wav,fake,3,2\n', /an end needs an onset before it/],
    ['an end without an onset', 'path,label,end\na.wav,fake,2\n', /an end needs an onset before it/],
  ])('is refused for %s', async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'bad_parameter', message: expect.stringMatching(message) })
  })

  it.each([
    ['a recording', 'RIFF\0\0\0\0WAVE'],
    ['text in UTF-16', '\u{feff}p\0a\0t\0h\0'],
  ])('is refused where it is %s, in words that a terminal can show', async (_, text) => {
    await expect(read(text)).rejects.toThrow(/manifest\.csv: this is no text; a manifest is a CSV file/)
  })

  it('is refused where it is not there', async () => {
    await expect(readLabelledManifest('/nowhere.csv')).rejects.toMatchObject({
      code: 'bad_parameter',
      message: 'the manifest /nowhere.csv: there is no such file or folder; check the path',
    })
  })
})
