import { EarwitnessError, ERROR_CODES, type ErrorCode } from '../../src/protocol/errors.ts'

/** Errors that time heals: the same request may well succeed a little later. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'too_many_streams',
  'quota_exceeded',
  'idle',
  'resume_refused',
  'connection_too_long',
  'inference_failed',
  'inference_timeout',
  'connection_lost',
  'draining',
  'internal',
])

const CODE_OF_CLOSE: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [1001, 'draining'],
  [1003, 'unsupported_audio'],
  [1007, 'bad_audio'],
  [1008, 'not_allowed'],
  [1009, 'message_too_large'],
  [1011, 'internal'],
  [1012, 'draining'],
  [1013, 'too_many_streams'],
  [4408, 'idle'],
  [4409, 'resume_refused'],
])

/** Whether a new connection may help after this error. */
export function isPassing(error: EarwitnessError): boolean {
  return PASSING.has(error.code)
}

/** What a close code says, for a connection that ended without an `error` event. */
export function closeError(closeCode: number, reason: string): EarwitnessError {
  const [said = ''] = reason.split(':')
  const code = isErrorCode(said) ? said : (CODE_OF_CLOSE.get(closeCode) ?? 'connection_lost')
  return new EarwitnessError(code, reason === '' ? `the connection ended with close code ${closeCode}` : reason)
}

function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(ERROR_CODES, word)
}
