import { describe, expect, it } from 'vitest'
import { asEarwitnessError, EarwitnessError } from '../../src/protocol/errors.ts'

describe('asEarwitnessError', () => {
  it('keeps an error that has a code', () => {
    const error = new EarwitnessError('idle', 'nothing came')
    expect(asEarwitnessError(error)).toBe(error)
  })

  it('hides the words of any other error and keeps it as the cause', () => {
    const secret = new Error('/home/operator/.key')
    const error = asEarwitnessError(secret)
    expect({ code: error.code, cause: error.cause }).toEqual({ code: 'internal', cause: secret })
    expect(error.message).not.toContain('.key')
  })
})
