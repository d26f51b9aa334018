import { describe, expect, it } from 'vitest'
import { growthFigures } from '../../../src/cli/bench/growth-figures.ts'

const course = [0.25, 0.5, 0.75, 1].map((hours) => ({ hours, cpuSeconds: hours * 20, residentMiB: 150 }))

function memoryFigure(notes: number): string {
  const figures = new Map(growthFigures({ bench: 'growth', byStreams: [], byHop: [], byHours: course.slice(0, notes) }))
  return figures.get('growth-hours')!.toString()
}

describe('the figure of memory by hours', () => {
  it('says below its title what an hour took in both halves', () => {
    expect(memoryFigure(4)).toContain('took 20 s of processor time in the first half, 20 s in the second')
  })

  it.each([0, 1])('tells no halves apart where memory was noted %i times', (notes) => {
    expect(memoryFigure(notes)).not.toMatch(/NaN|half/)
  })
})
