import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ServerEventSchema } from '../../src/protocol/events.ts'

const committed = readFileSync(new URL('../../docs/asyncapi.json', import.meta.url), 'utf8')
const document = JSON.parse(committed)

describe('docs/asyncapi.json', () => {
  it('is what `npm run docs` makes of the schemas', () => {
    const script = fileURLToPath(new URL('../../scripts/asyncapi.mjs', import.meta.url))
    expect(execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' })).toBe(committed)
  })

  it('has a message for every event that a server sends', () => {
    const types = ServerEventSchema.options.map(({ entries }) => entries.type.literal)
    expect(document.operations.tell.messages).toEqual(
      types.map((type) => ({ $ref: `#/channels/stream/messages/${type}` })),
    )
  })

  it('refers to nothing that is not there', () => {
    const references = [...committed.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path]) => path!.split('/'))
    expect(references.length).toBeGreaterThan(20)
    for (const path of references) {
      expect(path.reduce((node, name) => node?.[name], document)).toBeDefined()
    }
  })
})
