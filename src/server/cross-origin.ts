import type { Origins } from './access/origins.ts'
import type { HttpRequest, HttpResponse } from './transport.ts'

const LASTS_SECONDS = '600'

/** The answer with what lets a page of a listed origin read it. */
export function readableBy(origins: Origins, { headers }: HttpRequest, answer: HttpResponse): HttpResponse {
  const { origin } = headers
  if (origin === undefined || !origins.isListed(origin)) return answer
  return { ...answer, headers: { ...answer.headers, 'access-control-allow-origin': origin, vary: 'origin' } }
}

/** What a browser asks before it sends a key or a file from another place: it may. */
export function preflight(): HttpResponse {
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': LASTS_SECONDS,
    },
    body: '',
  }
}
