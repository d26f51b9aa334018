import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const tests = fileURLToPath(new URL('../../models/recipe/tests', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0

describe.skipIf(!hasPython)('the recipe (skipped where python3 is missing)', () => {
  it.each([
    ['turns the protocols of public sets into manifests', 'test_public_sets.py'],
    ['makes tables of reports', 'test_live_tables.py'],
  ])('%s: its own tests pass', (_, file) => {
    const words = ['-m', 'unittest', 'discover', '-s', tests, '-p', file]
    const { status, stderr } = spawnSync('python3', words, { encoding: 'utf8' })
    expect(stderr).toMatch(/Ran \d+ tests[\s\S]*\nOK/)
    expect(status).toBe(0)
  })
})
