import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ModelManifestSchema, PROVIDERS } from '../../src/scoring/model-manifest.ts'

const page = readFileSync(new URL('../../docs/models.md', import.meta.url), 'utf8')

interface Schema {
  readonly entries?: Readonly<Record<string, Schema>>
  readonly options?: readonly (Schema | string | number)[]
  readonly item?: Schema
  readonly wrapped?: Schema
  readonly pipe?: readonly Schema[]
}

/** Every field of a schema and of those inside it. */
function fieldsOf(schema: Schema): string[] {
  const inner = [schema.item, schema.wrapped, schema.pipe?.[0] === schema ? undefined : schema.pipe?.[0]]
  const options = (schema.options ?? []).filter((option) => typeof option === 'object')
  const entries = Object.entries(schema.entries ?? {})
  return [
    ...entries.flatMap(([name, value]) => [name, ...fieldsOf(value)]),
    ...[...options, ...inner.filter((part) => part !== undefined)].flatMap(fieldsOf),
  ]
}

const fields = [...new Set(fieldsOf(ModelManifestSchema as unknown as Schema))]

describe('docs/models.md', () => {
  it('is held to the fields of the manifest and of what is inside of them', () => {
    expect(fields).toEqual(expect.arrayContaining(['name', 'preemphasis', 'lengthTensor', 'fakeLogit', 'sha256']))
  })

  it.each(Object.keys(ModelManifestSchema.entries))('has %s in its table of model.json', (field) => {
    expect(page.split('\n').some((row) => row.startsWith('| `') && row.split('|')[1]!.includes(`\`${field}\``))).toBe(
      true,
    )
  })

  it.each(fields)('names the field %s', (field) => {
    expect(page).toMatch(new RegExp(`\`[^\`]*\\b${field}\\b[^\`]*\``))
  })

  it.each(PROVIDERS)('tells of the provider %s', (provider) => {
    expect(page).toContain(`\`${provider}\``)
  })
})
