/**
 * Every error that a client can be told of, in one table: its HTTP status before the upgrade and its close
 * code after it. Codes never change; messages may.
 */
export const ERROR_CODES = {
  bad_parameter: { status: 400, closeCode: 1008, meaning: 'A parameter is malformed, out of range or given twice.' },
  bad_message: { status: 400, closeCode: 1007, meaning: 'A text message is not valid JSON or breaks its schema.' },
  unknown_message: {
    status: 400,
    closeCode: 1008,
    meaning: 'A text message has a type that this server does not know.',
  },
  unsupported_audio: {
    status: 415,
    closeCode: 1003,
    meaning: 'The bytes are not audio of a kind that can be decoded.',
  },
  bad_audio: { status: 400, closeCode: 1007, meaning: 'The audio cannot be decoded any further.' },
  unauthorized: {
    status: 401,
    closeCode: 1008,
    meaning: 'No key or token came with the request, or none that is valid.',
  },
  not_allowed: { status: 403, closeCode: 1008, meaning: 'The request is not allowed here.' },
  not_found: { status: 404, closeCode: 1008, meaning: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, closeCode: 1008, meaning: 'The address exists, but not for this HTTP method.' },
  unknown_model: { status: 404, closeCode: 1008, meaning: 'No model of that name is loaded.' },
  message_too_large: { status: 413, closeCode: 1009, meaning: 'A message is larger than the limit.' },
  body_too_large: { status: 413, closeCode: 1009, meaning: 'The body of a request is larger than the limit.' },
  audio_too_long: { status: 413, closeCode: 1009, meaning: 'A file holds more audio than the limit.' },
  too_many_messages: { status: 429, closeCode: 1008, meaning: 'Messages come faster than the limit.' },
  too_many_streams: { status: 503, closeCode: 1013, meaning: 'The server runs as many streams as it may or can.' },
  quota_exceeded: {
    status: 429,
    closeCode: 1013,
    meaning: 'The key or the address has as many streams as it may.',
  },
  audio_too_fast: { status: 429, closeCode: 1013, meaning: 'Audio arrived too far ahead of what has been scored.' },
  client_too_slow: { status: 408, closeCode: 1013, meaning: 'The client does not read its events.' },
  resume_refused: {
    status: 409,
    closeCode: 4409,
    meaning: 'The resume token is forged, too old, of another version or of a model that is not loaded.',
  },
  idle: { status: 408, closeCode: 4408, meaning: 'Nothing arrived for too long.' },
  connection_too_long: { status: 408, closeCode: 1008, meaning: 'The connection reached its longest life.' },
  inference_failed: {
    status: 500,
    closeCode: 1011,
    meaning: 'The model failed on a window; that window has no score.',
  },
  inference_timeout: { status: 503, closeCode: 1011, meaning: 'The model took too long; that window has no score.' },
  connection_lost: {
    status: 503,
    closeCode: 1006,
    meaning:
      'The server cannot be reached or the connection broke. Clients say this to their callers; no server sends it.',
  },
  draining: { status: 503, closeCode: 1001, meaning: 'The server is stopping.' },
  bad_model: {
    status: 500,
    closeCode: 1011,
    meaning: 'A model package is missing, damaged or fails its golden check.',
  },
  stage_finished: { status: 500, closeCode: 1011, meaning: 'Audio was pushed into a stage after its end.' },
  internal: { status: 500, closeCode: 1011, meaning: 'Something failed inside the server.' },
} as const satisfies Record<string, { status: number; closeCode: number; meaning: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** An error with a stable code. The message says what was got and what is allowed. */
export class EarwitnessError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EarwitnessError'
    this.code = code
  }

  get closeCode(): number {
    return ERROR_CODES[this.code].closeCode
  }

  get status(): number {
    return ERROR_CODES[this.code].status
  }
}

/** Any thrown value as an EarwitnessError; what is not one becomes `internal`, its message kept out of sight. */
export function asEarwitnessError(thrown: unknown): EarwitnessError {
  if (thrown instanceof EarwitnessError) return thrown
  return new EarwitnessError('internal', 'the server failed; its log says more', { cause: thrown })
}
