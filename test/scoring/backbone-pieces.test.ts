import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { embeddingsIn, framesOf, pieceLength } from '../../src/scoring/backbone-pieces.ts'

const geometry = fc.record({
  receptiveFrames: fc.integer({ min: 1, max: 100 }),
  strideFrames: fc.integer({ min: 1, max: 8 }),
})
const withGeometry = (shape: { receptiveFrames: number; strideFrames: number }) => ({
  ...shape,
  embeddingWidth: 1,
  backbone: { input: '', output: '' },
  head: { input: '', validTensor: '', output: '' },
})

describe('embeddings and their frames', () => {
  it('are as many as lie wholly in the frames', () => {
    fc.assert(
      fc.property(geometry, fc.nat(300), (shape, frames) => {
        const incremental = withGeometry(shape)
        const embeddings = embeddingsIn(frames, incremental)
        expect(framesOf(embeddings, incremental)).toBeLessThanOrEqual(frames)
        expect(framesOf(embeddings + 1, incremental)).toBeGreaterThan(frames)
      }),
    )
  })
})

describe('the pieces of a batch', () => {
  it('cost no more frames than every row padded to the longest', () => {
    fc.assert(
      fc.property(geometry, fc.array(fc.nat(236), { maxLength: 16 }), (shape, rows) => {
        const incremental = withGeometry(shape)
        const length = pieceLength(rows, incremental)
        const pieces = rows.reduce((sum, count) => sum + (count === 0 ? 0 : Math.ceil(count / length)), 0)
        const longest = Math.max(0, ...rows)
        const padded = rows.filter((count) => count > 0).length * framesOf(longest, incremental)
        expect(pieces * framesOf(length, incremental)).toBeLessThanOrEqual(padded)
      }),
    )
  })

  it('are as long as a hop where one row of many needs a whole window', () => {
    const incremental = withGeometry({ receptiveFrames: 81, strideFrames: 4 })
    expect(pieceLength([12, 13, 13, 236, 12, 13, 12, 13], incremental)).toBe(13)
  })

  it('are none where nothing is new', () => {
    expect(pieceLength([0, 0], withGeometry({ receptiveFrames: 81, strideFrames: 4 }))).toBe(0)
  })
})
