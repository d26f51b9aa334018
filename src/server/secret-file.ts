import { EarwitnessError } from '../protocol/errors.ts'
import { readNamedFile } from './named-file.ts'

const LEAST_BYTES = 32

/** @throws EarwitnessError `bad_parameter` for a short secret; what reading the file throws */
export function readSecret(file: string): Buffer {
  const secret = readNamedFile(file)
  if (secret.length >= LEAST_BYTES) return secret
  throw new EarwitnessError(
    'bad_parameter',
    `${file}: a secret has at least ${LEAST_BYTES} bytes; these are ${secret.length}; \`openssl rand -base64 48\` makes one`,
  )
}
