import { EarwitnessError, ERROR_CODES } from '../protocol/errors.ts'

export function messageTooLarge(limit: number): EarwitnessError {
  return new EarwitnessError('message_too_large', `a message may have at most ${limit} bytes; a longer one came`)
}

export function notUtf8(): EarwitnessError {
  return new EarwitnessError('bad_message', 'a text message is not valid UTF-8')
}

export function bodyTooLarge(limit: number): EarwitnessError {
  return new EarwitnessError('body_too_large', `a body may have at most ${limit} bytes; a longer one came`)
}

export function requestTooSlow(): EarwitnessError {
  return new EarwitnessError(
    'idle',
    'the request was not whole in time (handshakeSeconds for its head, requestSeconds for all)',
  )
}

/** The `error` event that goes before a close which the transport itself decides. */
export function errorEventText({ code, message }: EarwitnessError): string {
  return JSON.stringify({ type: 'error', code, message, fatal: true })
}

/** The words of the close frame after that event. */
export function closeReasonOf({ code, message }: EarwitnessError): { code: number; reason: string } {
  return { code: ERROR_CODES[code].closeCode, reason: `${code}: ${message}` }
}
