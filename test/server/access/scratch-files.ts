import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newKey, type StoredKey } from '../../../src/server/access/api-keys.ts'

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** A folder for the files of a test. */
export class ScratchFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'earwitness-access-'))

  write(name: string, content: string | object): string {
    const path = join(this.folder, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  /** A self-signed certificate for localhost, under these names. */
  certificate(name: string): { certificateFile: string; keyFile: string } {
    const certificateFile = join(this.folder, 'cert.pem')
    const keyFile = join(this.folder, 'key.pem')
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    execFileSync('openssl', [...words, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', certificateFile], {
      stdio: 'ignore',
    })
    return { certificateFile, keyFile }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** A key and how it is kept. */
export function keyNamed(name: string, more: Partial<StoredKey> = {}): { secret: string; stored: StoredKey } {
  const { secret, sha256 } = newKey()
  return { secret, stored: { name, sha256, ...more } }
}
