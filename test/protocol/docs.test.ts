import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/errors.ts'
import { ServerEventSchema } from '../../src/protocol/events.ts'
import { ENCODINGS, EVENT_TYPES, parseStreamParameters, StreamParametersSchema } from '../../src/protocol/parameters.ts'
import { WARNING_CODES } from '../../src/protocol/warnings.ts'

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
const rows = page.replaceAll(/ +/g, ' ').split('\n')

describe('docs/protocol.md', () => {
  it.each(Object.entries(ERROR_CODES))('tells status, close code and meaning of the error %s', (code, error) => {
    expect(rows).toContain(`| \`${code}\` | ${error.status} | ${error.closeCode} | ${error.meaning} |`)
  })

  it.each(Object.entries(WARNING_CODES))('tells the meaning of the warning %s', (code, meaning) => {
    expect(rows).toContain(`| \`${code}\` | ${meaning} |`)
  })

  it.each(Object.keys(StreamParametersSchema.entries))('has a row for the parameter %s with its default', (name) => {
    const given = (parseStreamParameters({}) as Record<string, unknown>)[name]
    const row = rows.find((candidate) => candidate.startsWith(`| \`${name}\` |`))
    if (given === undefined) expect(row).toBeDefined()
    else expect(row?.split('|')[2]?.replaceAll(/[`\s]/g, '')).toBe(String(given))
  })

  it.each(EVENT_TYPES)('says that `events` takes %s', (kind) => {
    const [, , allowed] = rows.find((row) => row.startsWith('| `events` |'))!.split(' | ')
    expect(allowed).toContain(`\`${kind}\``)
  })

  it.each(ENCODINGS)('names the encoding %s', (encoding) => {
    expect(page).toContain(`\`${encoding}\``)
  })

  it.each(
    ServerEventSchema.options.flatMap((event) =>
      Object.keys(event.entries).map((field) => [event.entries.type.literal, field] as const),
    ),
  )('names, of the event %s, the field %s', (_type, field) => {
    expect(page).toContain(`\`${field}\``)
  })
})
