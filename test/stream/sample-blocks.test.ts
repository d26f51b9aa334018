import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SampleBlock, SampleBlocks } from '../../src/stream/sample-blocks.ts'
import { differences, joined } from '../fixtures/arrays.ts'

function opened(sampleRate: number, channels: number, downmix = false) {
  const formats: unknown[] = []
  const warnings: unknown[] = []
  const blocks = new SampleBlocks(
    downmix,
    (format) => formats.push(format),
    (code, message) => warnings.push([code, message]),
  )
  blocks.format(sampleRate, channels)
  return { blocks, formats, warnings }
}

const planesOf = (pieces: readonly SampleBlock[], channel: number) =>
  joined(pieces.map(({ planes }) => planes[channel]!))

describe('the blocks of samples that wait', () => {
  it('come out in pieces of at most 100 ms, none lost and none changed', () => {
    const rates = fc.integer({ min: 8_000, max: 96_000 })
    fc.assert(
      fc.property(rates, fc.array(fc.nat(30_000), { maxLength: 8 }), (sampleRate, lengths) => {
        const { blocks } = opened(sampleRate, 2)
        const said = lengths.map((length, at) => Float32Array.from({ length }, (_, sample) => at + sample / 65_536))
        for (const samples of said) blocks.samples([samples, samples.map((sample) => -sample)])
        const pieces = [...blocks.take()]
        expect(Math.max(0, ...pieces.map(({ planes }) => planes[0]!.length))).toBeLessThanOrEqual(sampleRate / 10)
        const all = joined(said)
        expect(differences(planesOf(pieces, 0), all).max).toBe(0)
        expect(
          differences(
            planesOf(pieces, 1),
            all.map((sample) => -sample),
          ).max,
        ).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  it('are copies: what the decoder does with its planes afterwards changes nothing', () => {
    const { blocks } = opened(16_000, 1)
    const plane = Float32Array.of(0.25, 0.5)
    blocks.samples([plane])
    plane.fill(9)
    expect(planesOf([...blocks.take()], 0)).toEqual(Float32Array.of(0.25, 0.5))
  })

  it('are taken once', () => {
    const { blocks } = opened(16_000, 1)
    blocks.samples([new Float32Array(10)])
    expect([...blocks.take()]).toHaveLength(1)
    expect([...blocks.take()]).toEqual([])
  })

  it('hold silence in every channel for lost samples, and say so', () => {
    const { blocks } = opened(16_000, 2)
    blocks.gap(320)
    expect([...blocks.take()]).toEqual([{ planes: [new Float32Array(320), new Float32Array(320)], isGap: true }])
  })

  it('take no room for a gap, however long', () => {
    const { blocks } = opened(16_000, 2)
    const before = process.memoryUsage().arrayBuffers
    for (let minute = 0; minute < 60; minute += 1) blocks.gap(60 * 16_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
    expect(blocks.seconds).toBe(3_600)
  })

  it('keep the order of samples and gaps', () => {
    const { blocks } = opened(16_000, 1)
    blocks.samples([new Float32Array(10)])
    blocks.gap(10)
    blocks.samples([new Float32Array(10)])
    expect([...blocks.take()].map(({ isGap }) => isGap)).toEqual([false, true, false])
  })

  it('count their seconds with the gaps', () => {
    const { blocks } = opened(8_000, 1)
    blocks.samples([new Float32Array(4_000)])
    blocks.gap(2_000)
    expect(blocks.seconds).toBe(0.75)
  })

  it('hold the mean of all channels as one where downmix was asked for', () => {
    const { blocks, formats } = opened(16_000, 2, true)
    blocks.samples([Float32Array.of(1, 0.5), Float32Array.of(0, -0.5)])
    expect(formats).toEqual([{ sampleRate: 16_000, channels: 1 }])
    expect([...blocks.take()]).toEqual([{ planes: [Float32Array.of(0.5, 0)], isGap: false }])
  })

  it("pass the decoder's warnings on", () => {
    const { blocks, warnings } = opened(16_000, 1)
    blocks.warning('corrupt_audio', 'a packet')
    expect(warnings).toEqual([['corrupt_audio', 'a packet']])
  })
})
