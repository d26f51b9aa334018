import { describe, expect, it } from 'vitest'
import { fakeIndexFrom, meaningOf } from '../../src/importing/polarity.ts'

describe('what a label means', () => {
  it.each(['fake', 'Spoof', 'AI-generated', 'synthetic_speech', 'DeepFake', 'AIVoice', '1: spoofed'])(
    'takes %s for fake',
    (label) => {
      expect(meaningOf(label)).toBe('fake')
    },
  )

  it.each(['real', 'Bonafide', 'bona-fide', 'Bona Fide', 'HumanVoice', 'genuine', 'REAL'])(
    'takes %s for real',
    (label) => {
      expect(meaningOf(label)).toBe('real')
    },
  )

  it.each(['LABEL_0', 'not fake', 'non-spoof', 'real or fake', '0', '', 'unreal', 'speech'])(
    'takes %j for nothing',
    (label) => {
      expect(meaningOf(label)).toBeUndefined()
    },
  )
})

describe('which output is fake', () => {
  it.each([
    [['Bonafide', 'Spoof'], 1],
    [['fake', 'real'], 0],
    [['LABEL_0', 'fake'], 1],
    [['human', 'LABEL_1'], 1],
    [['LABEL_0', 'human'], 0],
    [['fake'], 1],
    [['real'], 0],
  ])('is told by %j: %i', (labels, index) => {
    expect(fakeIndexFrom(labels)).toBe(index)
  })

  it.each([
    [['LABEL_0', 'LABEL_1']],
    [['fake', 'spoof']],
    [['real', 'human']],
    [['LABEL_0']],
    [['a', 'b', 'fake']],
    [[]],
  ])('is asked for where %j do not tell', (labels) => {
    expect(() => fakeIndexFrom(labels)).toThrow(/--fake-index/)
  })
})
