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
        expect(pauses.every((pause) => pause === undefined)).toBe(true)
      }),
    )
  })

  /** A live sender of a message a tenth of a second, each arriving when `arrivalMs` says. */
  const heard = (meter: PauseMeter, messages: number, arrivalMs: (ms: number) => number) =>
    Array.from({ length: messages }, (_, at) => meter.arrived(arrivalMs(100 * at), 0.1 * at)).filter(Boolean)

  it('says for how long the sender had paused and after how much audio, once audio goes on at its own pace', () => {
    const pauses = heard(new PauseMeter(), 100, (ms) => (ms < 2_000 ? ms : ms + 5_000))
    expect(pauses).toEqual([{ milliseconds: 5_000, afterSeconds: 2 }])
  })

  it('says so at the end of the audio at the latest', () => {
    const meter = new PauseMeter()
    meter.arrived(1_000, 0)
    expect([meter.arrived(6_500, 0.5), meter.end()]).toEqual([undefined, { milliseconds: 5_000, afterSeconds: 0.5 }])
  })

  it('tells of a second pause by itself', () => {
    const pauses = heard(new PauseMeter(), 100, (ms) => ms + (ms < 2_000 ? 0 : 5_000) + (ms < 6_000 ? 0 : 3_000))
    expect(pauses.map((pause) => pause?.milliseconds)).toEqual([5_000, 3_000])
  })

  it('finds no pause where the network held audio up and delivers it all, at whatever pace', () => {
    const arrivals = fc.record({
      held: fc.integer({ min: 2_000, max: 20_000 }),
      pace: fc.double({ min: 2, max: 100, noNaN: true }),
    })
    fc.assert(
      fc.property(arrivals, ({ held, pace }) => {
        const meter = new PauseMeter()
        const delivered = (ms: number) => (ms < 3_000 ? ms : Math.max(ms, 3_000 + held + (ms - 3_000) / pace))
        expect(heard(meter, 600, delivered)).toEqual([])
        expect(meter.aheadSeconds(60_000, 60)).toBeCloseTo(0)
      }),
    )
  })

  it('does not take for a pause that a sender waits for the clock after running ahead of it', () => {
    const meter = new PauseMeter()
    meter.arrived(0, 0)
    meter.arrived(10, 10)
    expect([meter.arrived(10_000, 10), meter.end()]).toEqual([undefined, undefined])
  })

  it('says how far the audio is ahead of the clock', () => {
    const meter = new PauseMeter()
    meter.arrived(1_000, 0)
    expect(meter.aheadSeconds(1_500, 4)).toBe(3.5)
  })

  it('leaves pauses out of how far the audio is ahead', () => {
    const meter = new PauseMeter()
    heard(meter, 30, (ms) => ms + (ms < 1_000 ? 0 : 5_000))
    expect(meter.aheadSeconds(8_000, 3)).toBeCloseTo(0)
  })

  it('takes a burst after an interruption neither for a pause nor for running ahead', () => {
    const meter = new PauseMeter({ seconds: 70, aheadSeconds: 0.25 })
    for (let at = 0; at <= 10; at += 1) meter.arrived(at, 50 + 2 * at)
    for (let at = 1; at <= 20; at += 1) expect(meter.arrived(10 + 100 * at, 70 + 0.1 * at)).toBeUndefined()
    expect(meter.aheadSeconds(2_010, 72)).toBeCloseTo(0.25)
    meter.arrived(5_510, 72.5)
    expect(meter.end()).toEqual({ milliseconds: 2_750, afterSeconds: 72.5 })
  })

  it('tells once of a silence that an interruption fell into', () => {
    const meter = new PauseMeter({ seconds: 20, aheadSeconds: -3 })
    for (let at = 0; at < 200; at += 1) meter.arrived(2 * at, 0.1 * at)
    const pauses = Array.from({ length: 50 }, (_, at) => meter.arrived(500 + 100 * at, 20 + 0.1 * at)).filter(Boolean)
    expect(pauses).toEqual([{ milliseconds: 3_000, afterSeconds: 20 }])
  })

  it('is ahead of everything while it catches up, or may', () => {
    const [resumed, late] = [new PauseMeter({ seconds: 60, aheadSeconds: 0 }), new PauseMeter()]
    resumed.arrived(0, 50)
    late.arrived(0, 0)
    late.arrived(5_000, 0.1)
    expect([resumed, late].map((meter) => meter.aheadSeconds(5_500, 50))).toEqual([Infinity, Infinity])
  })
})
