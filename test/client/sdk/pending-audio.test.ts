import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Dropping, PendingAudio } from '../../../client/sdk/pending-audio.ts'

const bytes = (...values: number[]) => new Uint8Array(values)
const dropping = fc.constantFrom<Dropping>('oldest', 'newest')
const lengths = fc.array(fc.nat(50), { maxLength: 60 })

describe('PendingAudio', () => {
  it('never holds more than its bound', () => {
    fc.assert(
      fc.property(lengths, fc.nat(100), dropping, (sizes, bound, which) => {
        const pending = new PendingAudio(bound, which)
        for (const size of sizes) {
          pending.push(new Uint8Array(size))
          expect(pending.bytes).toBeLessThanOrEqual(bound)
        }
      }),
    )
  })

  it('accounts for every byte as held or dropped', () => {
    fc.assert(
      fc.property(lengths, fc.nat(100), dropping, (sizes, bound, which) => {
        const pending = new PendingAudio(bound, which)
        const dropped = sizes.reduce((sum, size) => sum + pending.push(new Uint8Array(size)), 0)
        const held = pending.take().reduce((sum, message) => sum + message.length, 0)
        expect(dropped + held).toBe(sizes.reduce((sum, size) => sum + size, 0))
      }),
    )
  })

  it('keeps the newest messages of live audio', () => {
    const pending = new PendingAudio(4, 'oldest')
    for (const message of [bytes(1, 1), bytes(2, 2), bytes(3, 3)]) pending.push(message)
    expect(pending.take().map(([first]) => first)).toEqual([2, 3])
  })

  it('keeps the head of a container', () => {
    const pending = new PendingAudio(4, 'newest')
    for (const message of [bytes(1, 1), bytes(2, 2), bytes(3, 3)]) pending.push(message)
    expect(pending.take().map(([first]) => first)).toEqual([1, 2])
  })
})
