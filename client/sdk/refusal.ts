import * as v from 'valibot'
import { EarwitnessError, ERROR_CODES, type ErrorCode } from '../../src/protocol/errors.ts'
import { httpAddress } from './address.ts'

const BodySchema = v.object({ code: v.picklist(Object.keys(ERROR_CODES) as ErrorCode[]), message: v.string() })
/** The answer to a plain request where a WebSocket would have been accepted. */
const UPGRADE_REQUIRED = 426
const PATIENCE_MS = 3_000

/**
 * Why a server refused an upgrade. No WebSocket tells the status of a refusal, so the same address is asked once more
 * as plain HTTP, which gives the error's body. Anything that is not such a body is a `connection_lost`.
 */
export async function refusalOf(stream: URL, token: string | undefined): Promise<EarwitnessError> {
  const unreachable = new EarwitnessError('connection_lost', `${stream.host} cannot be reached`)
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(httpAddress(stream), { headers, signal: AbortSignal.timeout(PATIENCE_MS) })
    if (response.ok || response.status === UPGRADE_REQUIRED) return unreachable
    const { code, message } = v.parse(BodySchema, await response.json())
    return new EarwitnessError(code, message)
  } catch {
    return unreachable
  }
}
