import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../src/protocol/limits.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  it.each(Object.entries(DEFAULT_LIMITS))('tells the default of the limit %s and what is beyond it', (name, limit) => {
    const rows = readme.replaceAll(/`/g, '').replaceAll(/ +/g, ' ').split('\n')
    expect(rows).toContain(`| ${name} | ${limit.value} ${limit.unit} | ${limit.beyond} |`)
  })
})
