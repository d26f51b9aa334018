import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernel, loadKernel } from '../../src/dsp/kernel.ts'

const path = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url))

/** The smallest and the largest that a power may be in float32. */
const LEAST = 1.2e-38
const MOST = 3e38

describe('the kernel', () => {
  let kernel: Kernel
  beforeAll(async () => {
    kernel = await loadKernel()
  })

  it('is what `npm run kernel` makes of kernel/spectrum.ts', () => {
    const made = execFileSync(process.execPath, [path('scripts/kernel.mjs'), '--print'], { encoding: 'utf8' })
    expect(readFileSync(path('src/dsp/kernel-code.ts'), 'utf8')).toBe(made)
  })

  it('takes logarithms as exactly as float32 can tell', () => {
    const bands = kernel.view(kernel.run.bands.value, 4)
    const power = fc.double({ min: Math.log(LEAST), max: Math.log(MOST), noNaN: true })
    fc.assert(
      fc.property(fc.array(power, { minLength: 4, maxLength: 4 }), (logarithms) => {
        bands.set(logarithms.map(Math.exp))
        const exact = Array.from(bands, Math.log)
        kernel.run.logarithms(4, LEAST, 1, 0, 1)
        for (const [at, value] of exact.entries()) {
          expect(Math.abs(bands[at]! - value)).toBeLessThanOrEqual(1.5e-7 * Math.max(1, Math.abs(value)))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps one copy of the same array', () => {
    const values = Float32Array.of(1, 2, 3)
    const pointer = kernel.keep(values)
    expect(kernel.keep(values)).toBe(pointer)
    expect(kernel.view(pointer, 3)).toEqual(values)
    expect(kernel.keep(Float32Array.of(1, 2, 3))).not.toBe(pointer)
  })
})
