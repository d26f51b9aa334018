import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

function script(name: string, ...words: string[]) {
  const path = fileURLToPath(new URL(`../../scripts/${name}.mjs`, import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...words], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe.each(['soak', 'fuzz'])('npm run %s', (name) => {
  it.each([
    [name === 'soak' ? '--minutes' : '--rounds', 'soon', /must be a number above 0; got soon/],
    [name === 'soak' ? '--clients' : '--seconds', '0', /must be a number above 0; got 0/],
    ['--minuets', '3', /Unknown option '--minuets'/],
  ])('refuses %s %s with 2 rather than do nothing and end with 0', (flag, value, message) => {
    expect(script(name, flag, value)).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(message) })
  })

  it('says with --help what it does', () => {
    expect(script(name, '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining(`npm run ${name} -- [`) })
  })
})
