import { describe, expect, it } from 'vitest'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { parseStreamParameters, parseStreamQuery } from '../../src/protocol/parameters.ts'

const query = (text: string) => parseStreamQuery(new URLSearchParams(text))

describe('stream parameters', () => {
  it('default to 16 kHz mono s16le, a score every half second and a half-life of two', () => {
    expect(parseStreamParameters({})).toEqual({
      encoding: 's16le',
      sampleRate: 16_000,
      channels: 1,
      downmix: false,
      evidence: false,
      resume: false,
      hop: 0.5,
      halfLife: 2,
    })
  })

  it('read numbers, booleans and lists from a query', () => {
    expect(query('sampleRate=8000&channels=2&downmix=true&hop=1.5&events=score,alert')).toMatchObject({
      sampleRate: 8000,
      channels: 2,
      downmix: true,
      hop: 1.5,
      events: ['score', 'alert'],
    })
  })

  it('are refused in the words of the query where it has no number', () => {
    expect(() => query('sampleRate=16k')).toThrow(/^sampleRate: .*number.*"16k"$/)
  })

  it('ignore fields that they do not know', () => {
    expect(parseStreamParameters({ colour: 'blue' })).not.toHaveProperty('colour')
  })

  it.each([
    ['sampleRate=0', 'sampleRate'],
    ['sampleRate=96001', 'sampleRate'],
    ['sampleRate=', 'sampleRate'],
    ['sampleRate=16e3.5', 'sampleRate'],
    ['channels=9', 'channels'],
    ['channels=1.5', 'channels'],
    ['encoding=mp3', 'encoding'],
    ['hop=0', 'hop'],
    ['halfLife=-1', 'halfLife'],
    ['downmix=yes', 'downmix'],
    ['events=score,gossip', 'events'],
    [`label=${'x'.repeat(129)}`, 'label'],
    ['hop=1&hop=2', 'hop'],
  ])('refuse %s, naming the parameter', (text, name) => {
    const attempt = () => query(text)
    expect(attempt).toThrow(EarwitnessError)
    expect(attempt).toThrow(new RegExp(`^${name}`))
  })
})
