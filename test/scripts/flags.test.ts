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

  it('refuses an --out that can be no folder with 2 before it begins, not when it has something to write', () => {
    const out = fileURLToPath(new URL('../../package.json/results', import.meta.url))
    const brief = name === 'soak' ? ['--minutes', '0.01', '--clients', '1'] : ['--seconds', '1', '--target', 'pth']
    const message = expect.stringMatching(/^--out .*package\.json.results cannot be made: .*\n/)
    expect(script(name, '--out', out, ...brief)).toEqual({ status: 2, stdout: '', stderr: message })
  })

  it('says with --help what it does', () => {
    expect(script(name, '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining(`npm run ${name} -- [`) })
  })
})
