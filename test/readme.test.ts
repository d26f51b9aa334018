import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../src/protocol/limits.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  it.each(Object.entries(DEFAULT_LIMITS))('tells the default of the limit %s and what is beyond it', (name, limit) => {
    const rows = readme.replaceAll(/`/g, '').replaceAll(/ +/g, ' ').split('\n')
    expect(rows).toContain(`| ${name} | ${limit.value} ${limit.unit} | ${limit.beyond} |`)
  })

  it('names, of each promise, tests that are there', () => {
    const table = readme.slice(readme.indexOf('| promise'), readme.indexOf('## Limits'))
    const tests = [...table.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, path]) => path!)
    expect(tests.length).toBeGreaterThan(7)
    for (const path of tests) expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true)
  })
})
