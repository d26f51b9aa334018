import { describe, expect, it } from 'vitest'
import { coresOf } from '../../../src/cli/bench/cores.ts'

describe('the cores of a process', () => {
  it.each([
    ['0', [0]],
    ['0-3', [0, 1, 2, 3]],
    ['2-3,8,10-11', [2, 3, 8, 10, 11]],
  ])('are read from %s as Linux lists them', (list, cores) => {
    expect(coresOf(list)).toEqual(cores)
  })
})
