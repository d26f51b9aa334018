import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClientMessage } from '../../src/protocol/client-messages.ts'
import { EarwitnessError } from '../../src/protocol/errors.ts'

function codeOf(text: string): string {
  try {
    parseClientMessage(text)
    return 'none'
  } catch (error) {
    return error instanceof EarwitnessError ? error.code : 'another error'
  }
}

describe('client messages', () => {
  it('carry the parameters of a start', () => {
    const message = parseClientMessage('{"type":"start","encoding":"mulaw","sampleRate":8000,"unknown":1}')
    expect(message).toMatchObject({ type: 'start', parameters: { encoding: 'mulaw', sampleRate: 8000 } })
  })

  it.each(['keepAlive', 'finalize', 'close'])('may be %s', (type) => {
    expect(parseClientMessage(JSON.stringify({ type }))).toEqual({ type })
  })

  it.each([
    ['not JSON', 'hello', 'bad_message'],
    ['empty', '', 'bad_message'],
    ['JSON but no object', '42', 'bad_message'],
    ['an array', '["close"]', 'bad_message'],
    ['without a type', '{}', 'bad_message'],
    ['of a type that is no string', '{"type":1}', 'bad_message'],
    ['of an unknown type', '{"type":"dance"}', 'unknown_message'],
    ['of a type that every object has', '{"type":"constructor"}', 'unknown_message'],
    ['a start with a bad parameter', '{"type":"start","hop":"soon"}', 'bad_parameter'],
    ['a start that reaches for the prototype', '{"type":"start","__proto__":{"hop":-1}}', 'none'],
  ])('are refused with their own code when %s', (_, text, code) => {
    expect(codeOf(text)).toBe(code)
  })

  it('never throw anything but an EarwitnessError, whatever the text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => codeOf(text) !== 'another error'))
  })
})
