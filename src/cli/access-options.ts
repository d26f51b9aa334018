import { type Command, InvalidArgumentError, Option } from 'commander'
import { EarwitnessError } from '../protocol/errors.ts'
import type { AccessOptions } from '../server/access/access.ts'
import { type StoredKey, storedKeyFrom } from '../server/access/api-keys.ts'
import type { TlsFiles } from '../server/transport.ts'

/** What `addAccessOptions` reads. */
export interface AccessFlags {
  keys?: string
  key?: StoredKey[]
  jwtKey?: string
  jwtIssuer?: string
  jwtAudience?: string
  tokenSecret?: string
  origin?: string[]
  trustProxy?: string[]
  tlsCert?: string
  tlsKey?: string
}

/** The options that say who may come in, and how. */
export function addAccessOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--keys <file>',
        'keys that let clients in, written by `earwitness key new`; read again as it changes',
      ).env('EARWITNESS_KEYS'),
    )
    .addOption(
      new Option('--key <name=sha256>', 'one such key, as `earwitness key new` prints it').argParser(
        (text: string, before: StoredKey[] = []) => [...before, storedKey(text)],
      ),
    )
    .option('--jwt-key <file>', 'let in JWTs: a PEM public key (RS256, EdDSA), a JWK set, or a secret (HS256)')
    .option('--jwt-issuer <name>', 'the iss that a JWT must have')
    .option('--jwt-audience <name>', 'the aud that a JWT must have')
    .option('--token-secret <file>', 'what stream tokens are signed with; servers that share it take each other’s')
    .option('--origin <origin...>', 'other sites whose pages may connect, such as https://example.com')
    .option('--trust-proxy <address...>', 'proxies (addresses or networks) whose X-Forwarded-For is believed')
    .option('--tls-cert <file>', 'serve https and wss: the certificate chain in PEM; read again as it changes (ws)')
    .option('--tls-key <file>', 'its private key in PEM')
}

/** @throws EarwitnessError `bad_parameter` for what a JWT must have, where none is let in */
export function accessOptionsFrom(flags: AccessFlags): AccessOptions {
  const { keys, key, jwtKey, jwtIssuer, jwtAudience, tokenSecret, origin, trustProxy } = flags
  if (jwtKey === undefined && (jwtIssuer ?? jwtAudience) !== undefined) {
    throw new EarwitnessError('bad_parameter', '--jwt-issuer and --jwt-audience need --jwt-key, which lets JWTs in')
  }
  return {
    ...(keys !== undefined && { keyFile: keys }),
    ...(key !== undefined && { keys: key }),
    ...(jwtKey !== undefined && {
      jwt: {
        keyFile: jwtKey,
        ...(jwtIssuer !== undefined && { issuer: jwtIssuer }),
        ...(jwtAudience !== undefined && { audience: jwtAudience }),
      },
    }),
    ...(tokenSecret !== undefined && { tokenSecretFile: tokenSecret }),
    ...(origin !== undefined && { origins: origin }),
    ...(trustProxy !== undefined && { trustedProxies: trustProxy }),
  }
}

/** @throws EarwitnessError `bad_parameter` for one file without the other */
export function tlsFilesFrom({ tlsCert, tlsKey }: AccessFlags): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert !== undefined && tlsKey !== undefined) return { certificateFile: tlsCert, keyFile: tlsKey }
  throw new EarwitnessError('bad_parameter', '--tls-cert and --tls-key go together: a certificate and its private key')
}

function storedKey(text: string): StoredKey {
  try {
    return storedKeyFrom(text)
  } catch (thrown) {
    throw new InvalidArgumentError((thrown as Error).message)
  }
}
