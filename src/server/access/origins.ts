import { EarwitnessError } from '../../protocol/errors.ts'
import type { UpgradeRequest } from '../transport.ts'
import { isLoopback } from './addresses.ts'

/** Which pages may reach the server from a browser. Programs send no `Origin`; to them this means nothing. */
export class Origins {
  readonly #listed: ReadonlySet<string>
  readonly #isOpen: boolean

  /** @param isOpen the server wants no key. @throws EarwitnessError `bad_parameter` */
  constructor(listed: readonly string[], isOpen: boolean) {
    this.#listed = new Set(listed.map(originFrom))
    this.#isOpen = isOpen
  }

  /** @throws EarwitnessError `not_allowed` for a page of another place */
  check(headers: UpgradeRequest['headers']): void {
    const { origin, host } = headers
    if (origin === undefined || this.isListed(origin) || this.#isOwnPage(origin, host)) return
    throw new EarwitnessError('not_allowed', `pages of ${origin} may not connect here; --origin ${origin} allows them`)
  }

  isListed(origin: string): boolean {
    return this.#listed.has(origin)
  }

  /**
   * The page that this server gave. Without a key its name must be this machine's: another name can be made to point here.
   */
  #isOwnPage(origin: string, host: string | undefined): boolean {
    const url = parse(origin)
    if (url === undefined || url.host !== host) return false
    return !this.#isOpen || isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
  }
}

function originFrom(text: string): string {
  const url = parse(text)
  if (url !== undefined && url.origin === text) return text
  throw new EarwitnessError(
    'bad_parameter',
    `--origin: ${text} is no origin; one is a scheme, a host and perhaps a port, such as https://example.com`,
  )
}

function parse(origin: string): URL | undefined {
  return URL.canParse(origin) ? new URL(origin) : undefined
}
