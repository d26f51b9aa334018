import * as v from 'valibot'
import { EarwitnessError } from '../protocol/errors.ts'
import type { Access } from './access/access.ts'
import { json } from './http-answers.ts'
import type { HttpRequest, HttpResponse } from './transport.ts'

const DEFAULT_SECONDS = 60

/**
 * `POST /v1/tokens`: whoever holds a key gets a token that opens streams for a while, to hand on to a user's browser.
 * The body may say for how long: `{"seconds":300}`.
 * @throws EarwitnessError `unauthorized`, `bad_parameter`
 */
export async function issueToken(request: HttpRequest, access: Access, mostSeconds: number): Promise<HttpResponse> {
  const caller = await access.caller(request)
  const asked = v.safeParse(requestSchema(mostSeconds), parse(await request.body()))
  if (!asked.success) {
    throw new EarwitnessError('bad_parameter', `${v.getDotPath(asked.issues[0]) ?? 'body'}: ${asked.issues[0].message}`)
  }
  const { seconds } = asked.output
  const answer = json({ ...(await access.issueToken(caller, seconds)), seconds })
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' } }
}

const requestSchema = (mostSeconds: number) =>
  v.object({
    seconds: v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostSeconds)),
      Math.min(DEFAULT_SECONDS, Math.floor(mostSeconds)),
    ),
  })

function parse(body: Uint8Array): unknown {
  if (body.length === 0) return {}
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    throw new EarwitnessError('bad_parameter', 'body: must be JSON such as {"seconds":300}, or empty')
  }
}
