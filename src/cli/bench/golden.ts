import { readFileSync } from 'node:fs'
import { parse } from 'npyjs'
import type { Fft } from '../../dsp/fft.ts'
import { createFrontEnd, TORCHAUDIO_MEL } from '../../dsp/front-ends.ts'
import { Resampler } from '../../dsp/resampler.ts'
import { hasOwnFile, ownFile } from './own-file.ts'

interface Difference {
  readonly max: number
  readonly mean: number
}

interface Differences {
  readonly signals: Record<string, Difference>
  readonly worst: { readonly signal: string } & Difference
}

export interface GoldenDifferences {
  readonly mel: Differences
  readonly resample: Differences
}

/** How far our arrays are from those that torchaudio made once and the tests keep; null where they are not there. */
export function goldenDifferences(fft: Fft): GoldenDifferences | null {
  if (!hasOwnFile('#test/golden/golden.json')) return null
  const report = JSON.parse(readFileSync(ownFile('#test/golden/golden.json'), 'utf8'))
  return {
    mel: differencesOf(Object.keys(report.mel), (name) => {
      const frontEnd = createFrontEnd(TORCHAUDIO_MEL, fft)
      return collected(frontEnd, array(`mel-${name}-input`), array(`mel-${name}`))
    }),
    resample: differencesOf(Object.keys(report.resample), (rate) => {
      const resampler = new Resampler(Number(rate), 16_000)
      return collected(resampler, array(`resample-${rate}-input`), array(`resample-${rate}`))
    }),
  }
}

interface Stage {
  push(samples: Float32Array, onValues: (values: Float32Array) => void): void
  flush(onValues: (values: Float32Array) => void): void
}

function collected(stage: Stage, input: Float32Array, expected: Float32Array): Difference {
  let at = 0
  let max = 0
  let sum = 0
  const compare = (values: Float32Array): void => {
    for (const value of values) {
      const difference = Math.abs(value - expected[at]!)
      max = Math.max(max, difference)
      sum += difference
      at += 1
    }
  }
  stage.push(input, compare)
  stage.flush(compare)
  if (at !== expected.length) throw new Error(`${at} values are not torchaudio's ${expected.length}`)
  return { max, mean: sum / at }
}

function differencesOf(names: readonly string[], measure: (name: string) => Difference): Differences {
  const signals = Object.fromEntries(names.map((name) => [name, measure(name)]))
  const [signal, worst] = Object.entries(signals).toSorted(([, a], [, b]) => b.max - a.max)[0]!
  return { signals, worst: { signal, ...worst } }
}

function array(name: string): Float32Array {
  const { data } = parse(new Uint8Array(readFileSync(ownFile(`#test/golden/${name}.npy`))).buffer)
  if (!(data instanceof Float32Array)) throw new Error(`${name}.npy is not float32`)
  return data
}
