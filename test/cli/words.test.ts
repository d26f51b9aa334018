import { describe, expect, it } from 'vitest'
import { at } from '../../src/cli/words.ts'

describe('a time in words', () => {
  it.each([
    [0, '  0:00.0'],
    [59.94, '  0:59.9'],
    [59.96, '  1:00.0'],
    [119.97, '  2:00.0'],
    [7_325.2, '122:05.2'],
  ])('of %d s is %s', (seconds, words) => {
    expect(at(seconds)).toBe(words)
  })
})
