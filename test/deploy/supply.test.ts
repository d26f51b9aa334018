import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Locked {
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> }
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> }
const installed = Object.entries(packages).filter(([path]) => path !== '')
/** Licences under which a product may carry what it uses, whatever its own licence is. */
const PERMISSIVE =
  /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|Zlib|CC0-1\.0|BlueOak-1\.0\.0)( (AND|OR) [\w.-]+)?\)?$/

describe('what is installed', () => {
  it('is named by its hash, every package of it', () => {
    const unnamed = installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
    expect(unnamed.map(([path]) => path)).toEqual([])
  })

  it('may be carried by any product: its licences are permissive', () => {
    const others = installed.filter(([, { dev, license = '' }]) => dev !== true && !PERMISSIVE.test(license))
    expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([])
  })

  it('runs no script of a package that package.json does not decide on', () => {
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true)
    const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(names.filter((name) => !Object.hasOwn(allowScripts, name))).toEqual([])
  })
})
