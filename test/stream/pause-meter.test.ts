import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PauseMeter } from '../../src/stream/pause-meter.ts'

describe('the pause meter', () => {
  it('finds no pause in audio that comes in time, with less than two seconds of jitter', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_999), { minLength: 1, maxLength: 100 }), (jitters) => {
        const meter = new PauseMeter()
        meter.arrived(0, 0)
        const pauses = jitters.map((jitter, at) => meter.arrived(100 * (at + 1) + jitter, 0.1 * (at + 1)))
        expect(pauses.every((pause) => pause === 0)).toBe(true)
      }),
    )
  })

  it('says for how long the sender had paused', () => {
    const meter = new PauseMeter()
    meter.arrived(1_000, 0)
    expect(meter.arrived(6_500, 0.5)).toBe(5_000)
  })

  it('tells of a pause once', () => {
    const meter = new PauseMeter()
    meter.arrived(0, 0)
    meter.arrived(5_000, 0)
    expect(meter.arrived(5_100, 0.1)).toBe(0)
  })

  it('tells of a second pause by itself', () => {
    const meter = new PauseMeter()
    meter.arrived(0, 0)
    meter.arrived(5_000, 0)
    expect(meter.arrived(8_100, 0.1)).toBe(3_000)
  })

  it('does not take for a pause that a sender waits for the clock after running ahead of it', () => {
    const meter = new PauseMeter()
    meter.arrived(0, 0)
    meter.arrived(10, 10)
    expect(meter.arrived(10_000, 10)).toBe(0)
  })

  it('says how far the audio is ahead of the clock', () => {
    const meter = new PauseMeter()
    meter.arrived(1_000, 0)
    expect(meter.aheadSeconds(1_500, 4)).toBe(3.5)
  })

  it('leaves pauses out of how far the audio is ahead', () => {
    const meter = new PauseMeter()
    meter.arrived(0, 0)
    meter.arrived(5_000, 0)
    expect(meter.aheadSeconds(6_000, 1)).toBe(0)
  })

  it('takes a burst after an interruption neither for a pause nor for running ahead', () => {
    const meter = new PauseMeter(0.25)
    for (let at = 0; at <= 10; at += 1) meter.arrived(at, 50 + 2 * at)
    for (let at = 1; at <= 20; at += 1) expect(meter.arrived(10 + 100 * at, 70 + 0.1 * at)).toBe(0)
    expect(meter.aheadSeconds(2_010, 72)).toBeCloseTo(0.25)
    expect(meter.arrived(5_510, 72.5)).toBe(2_750)
  })

  it('is ahead of everything while it catches up', () => {
    const meter = new PauseMeter(0)
    meter.arrived(0, 50)
    expect(meter.aheadSeconds(500, 50)).toBe(Number.POSITIVE_INFINITY)
  })
})
