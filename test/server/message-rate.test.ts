import { describe, expect, it } from 'vitest'
import { MessageRate } from '../../src/server/message-rate.ts'

describe('a rate of messages', () => {
  let now = 0
  const taken = (rate: MessageRate, tries: number) =>
    Array.from({ length: tries }, () => rate.take()).filter(Boolean).length

  it('lets ten seconds’ worth come at once, and no more', () => {
    expect(taken(new MessageRate(100, () => now), 2_000)).toBe(1_000)
  })

  it('then lets as many come as time allows', () => {
    const rate = new MessageRate(100, () => now)
    taken(rate, 1_000)
    now += 500
    expect(taken(rate, 1_000)).toBe(50)
  })

  it('saves no more than that while nothing comes', () => {
    const rate = new MessageRate(100, () => now)
    now += 3_600_000
    expect(taken(rate, 5_000)).toBe(1_000)
  })
})
