import { EarwitnessError } from '../../protocol/errors.ts'
import type { UpgradeRequest } from '../transport.ts'
import { isLoopback, TrustedProxies } from './addresses.ts'
import { ApiKeys, isApiKey, readKeyFile, type StoredKey } from './api-keys.ts'
import { ANYONE, type Caller } from './caller.ts'
import { type Credential, credentialOf } from './credential.ts'
import { type JsonWebTokenOptions, JsonWebTokens } from './json-web-tokens.ts'
import { Origins } from './origins.ts'
import { isStreamToken, StreamTokens } from './stream-tokens.ts'

export interface AccessOptions {
  /** Written by `earwitness key new`; read again when it changes. */
  readonly keyFile?: string
  readonly keys?: readonly StoredKey[]
  readonly jwt?: JsonWebTokenOptions
  /** Servers with the same secret take each other's stream tokens. */
  readonly tokenSecretFile?: string
  /** What they are signed with where no file says it; random without it. */
  readonly tokenSecret?: Uint8Array
  /** Other places whose pages may connect, such as https://example.com. */
  readonly origins?: readonly string[]
  /** Addresses or networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[]
}

/** Who may come in. Without any key everybody may, and such a server listens on this machine only. */
export class Access {
  readonly origins: Origins
  readonly proxies: TrustedProxies
  readonly #options: AccessOptions
  readonly #tokens: StreamTokens
  readonly #isOpen: boolean
  #keys!: ApiKeys
  #jwt: JsonWebTokens | undefined

  /** @throws EarwitnessError `bad_parameter`; what reading the files throws */
  constructor(options: AccessOptions) {
    this.#options = options
    this.#isOpen = options.keyFile === undefined && options.jwt === undefined && (options.keys ?? []).length === 0
    this.#tokens = new StreamTokens(options.tokenSecretFile, options.tokenSecret)
    this.origins = new Origins(options.origins ?? [], this.#isOpen)
    this.proxies = new TrustedProxies(options.trustedProxies ?? [])
    this.reload()
  }

  /** Reads the files again. Where one is bad, all stays as it was. @throws as the constructor */
  reload(): void {
    const { keyFile, keys = [], jwt } = this.#options
    const stored = keyFile === undefined ? keys : [...keys, ...readKeyFile(keyFile)]
    this.#jwt = jwt && new JsonWebTokens(jwt)
    this.#keys = new ApiKeys(stored)
  }

  /** The files whose change asks for a `reload`. */
  get files(): string[] {
    const { keyFile, jwt } = this.#options
    return [keyFile, jwt?.keyFile].filter((file) => file !== undefined)
  }

  /** @throws EarwitnessError `bad_parameter` where others than this machine's users would need no key */
  checkHost(host: string): void {
    if (!this.#isOpen || isLoopback(host)) return
    throw new EarwitnessError(
      'bad_parameter',
      `--host ${host} lets others in, and they need a key: \`earwitness key new NAME --keys keys.json\` makes one, ` +
        'and `--keys keys.json` lets it in (--jwt-key: tokens that you sign)',
    )
  }

  /** Who wants a stream. @throws EarwitnessError `unauthorized` */
  async streamCaller(request: Pick<UpgradeRequest, 'headers' | 'query'>): Promise<Caller> {
    if (this.#isOpen) return ANYONE
    const credential = credentialOf(request)
    if (credential === undefined) throw missing()
    if (isStreamToken(credential.secret)) return known(await this.#tokens.callerOf(credential.secret))
    return known(await this.#keyHolder(credential))
  }

  /** Who asks for anything else that needs a key; a stream token does not do. @throws EarwitnessError `unauthorized` */
  async caller(request: Pick<UpgradeRequest, 'headers' | 'query'>): Promise<Caller> {
    if (this.#isOpen) return ANYONE
    const credential = credentialOf(request)
    if (credential === undefined) throw missing()
    return known(await this.#keyHolder(credential))
  }

  issueToken(caller: Caller, seconds: number): Promise<{ token: string; expires: string }> {
    return this.#tokens.issue(caller, seconds)
  }

  async #keyHolder({ secret, inAddress }: Credential): Promise<Caller | undefined> {
    if (inAddress) {
      throw new EarwitnessError(
        'unauthorized',
        'an address is seen by many, so only a token of POST /v1/tokens may stand in it',
      )
    }
    return isApiKey(secret) ? this.#keys.callerOf(secret) : this.#jwt?.callerOf(secret)
  }
}

function missing(): EarwitnessError {
  return new EarwitnessError(
    'unauthorized',
    'a key is needed: Authorization: Bearer KEY, or the subprotocols earwitness and earwitness.bearer.KEY',
  )
}

function known(caller: Caller | undefined): Caller {
  if (caller !== undefined) return caller
  throw new EarwitnessError('unauthorized', 'the key or token that came is not known here, or is no longer valid')
}
