import { createRequire } from 'node:module'

/**
 * The path of a file of this package, by a name of `imports` in package.json.
 * @throws what `require.resolve` throws where it is missing, as the tests' files are in an installed package
 */
export function ownFile(name: `#${string}`): string {
  return createRequire(import.meta.url).resolve(name)
}

export function hasOwnFile(name: `#${string}`): boolean {
  try {
    ownFile(name)
    return true
  } catch {
    return false
  }
}
