import { asEarwitnessError, type ErrorCode } from '../protocol/errors.ts'
import type { HttpResponse } from './transport.ts'

export function json(body: unknown, status = 200): HttpResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: `${JSON.stringify(body)}\n` }
}

export function text(body: string, contentType = 'text/plain; charset=utf-8', status = 200): HttpResponse {
  return { status, headers: { 'content-type': contentType }, body }
}

const SOON = { 'retry-after': '5' }
/** What the header of a refusal says beside its body. */
const ADVICE: { readonly [code in ErrorCode]?: HttpResponse['headers'] } = {
  unauthorized: { 'www-authenticate': 'Bearer' },
  too_many_streams: SOON,
  quota_exceeded: SOON,
  draining: SOON,
}

/** An error as the same body that the WebSocket sends, with the status of its code. */
export function errorAnswer(thrown: unknown): HttpResponse {
  const { code, message, status } = asEarwitnessError(thrown)
  const answer = json({ type: 'error', code, message, fatal: true }, status)
  return { ...answer, headers: { ...answer.headers, ...ADVICE[code] } }
}
