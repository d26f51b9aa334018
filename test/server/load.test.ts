import { describe, expect, it } from 'vitest'
import { loadFft } from '../../src/dsp/fft.ts'
import { limitsWith } from '../../src/protocol/limits.ts'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { Scorer } from '../../src/scoring/scorer.ts'
import { measureCost } from '../../src/server/capacity.ts'
import { Load } from '../../src/server/load.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'

const [quick, slow] = [{}, {}] as unknown as Scorer[]

describe('the load', () => {
  const newLoad = (cores = 8, percent = 80) => {
    const load = new Load(percent, cores)
    load.learn(quick!, { perWindow: 0.001, perAudioSecond: 0.004 })
    load.learn(slow!, { perWindow: 0.2, perAudioSecond: 0.004 })
    return load
  }

  it.each([
    ['the event loop allows', quick, 200],
    ['the model allows', slow, 2],
  ])('has room for as many streams as %s', (_, scorer, count) => {
    const load = newLoad()
    expect(load.roomFor(scorer!)).toBe(count)
    const leave = Array.from({ length: count }, () => {
      load.check(scorer!)
      return load.add(scorer!)
    })
    expect(() => load.check(scorer!)).toThrow(/at most 80 % may be \(loadPercent\); try again later/)
    leave[0]!()
    expect(() => load.check(scorer!)).not.toThrow()
  })

  it('tells the limit as it was given', () => {
    expect(() => newLoad(8, 7).check(slow!)).toThrow(/at most 7 % may be/)
  })

  it('counts each channel and each hop', () => {
    const load = newLoad()
    const demand = { channels: 8, downmix: false, hop: 0.1 }
    load.add(quick!, demand)
    expect([load.model, load.eventLoop]).toEqual([expect.closeTo(0.08, 9), expect.closeTo(0.032, 9)])
    load.add(quick!, { ...demand, downmix: true })
    expect(load.eventLoop).toBeCloseTo(0.036, 9)
  })

  it('counts a model of its own thread by itself', () => {
    const load = newLoad()
    load.add(slow!)
    load.add(slow!)
    expect(() => load.check(slow!)).toThrow(/loadPercent/)
    expect(() => load.check(quick!)).not.toThrow()
  })

  it('is that of all threads together where there are more of them than cores', () => {
    const load = newLoad(0.5)
    expect(load.roomFor(quick!)).toBe(66)
    for (let stream = 0; stream < 66; stream += 1) load.add(quick!)
    expect(() => load.check(quick!)).toThrow(/loadPercent/)
    expect(() => load.check(slow!)).toThrow(/loadPercent/)
  })

  it('lets all in while it knows no cost', () => {
    const load = new Load(80, 8)
    expect(() => load.check(quick!, { channels: 8, downmix: false, hop: 0.1 })).not.toThrow()
  })
})

describe('the cost of a stream', () => {
  it('is measured with the model and the code that will bear it', async () => {
    const limits = limitsWith()
    const scorer = await LocalScorer.open(defaultModelFolder, { scoringSeconds: limits.scoringSeconds })
    const { perWindow, perAudioSecond } = await measureCost(scorer, limits, await loadFft())
    await scorer.close()
    for (const seconds of [perWindow, perAudioSecond]) {
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThan(1)
    }
  })
})
