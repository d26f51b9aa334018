import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonDepth } from '../../src/protocol/json-depth.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

describe('the depth of a JSON text', () => {
  it('is that of the value in it, whatever its strings hold', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => jsonDepth(text) === depthOf(JSON.parse(text))))
  })

  it.each([
    ['["]","\\"["]', 1],
    ['{"a":[{"b":[]}]}', 4],
    ['['.repeat(5_000), 5_000],
    [']]]]', 0],
  ])('of %j is %i', (text, depth) => {
    expect(jsonDepth(text)).toBe(depth)
  })
})
