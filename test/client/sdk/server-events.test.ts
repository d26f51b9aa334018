import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseServerEvent } from '../../../client/sdk/server-events.ts'

describe('parseServerEvent', () => {
  it('reads an event of the protocol', () => {
    const text = '{"type":"alert","state":"raised","channel":0,"onset":1.5,"at":3,"fakeProbability":0.9}'
    expect(parseServerEvent(text)).toMatchObject({ type: 'alert', onset: 1.5 })
  })

  it('passes over a type that a newer server may send', () => {
    expect(parseServerEvent('{"type":"haiku"}')).toBeUndefined()
  })

  it('refuses a probability beyond 1 and names the field', () => {
    const text = '{"type":"alert","state":"raised","channel":0,"onset":1.5,"at":3,"fakeProbability":2}'
    expect(() => parseServerEvent(text)).toThrow(/fakeProbability/)
  })

  it('answers any text with an event, nothing or bad_message', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"type":"score","x":${json}}`),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseServerEvent(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_message' })
        }
      }),
    )
  })
})
