import type { RealFft } from './fft.ts'

/** The squared magnitudes of what was transformed last: bins 0 to size/2, into `power`. */
export function measurePower(fft: RealFft, power: Float64Array): void {
  const { output, size } = fft
  const nyquist = size / 2
  power[0] = output[0]! * output[0]!
  power[nyquist] = output[1]! * output[1]!
  for (let bin = 1; bin < nyquist; bin += 1) {
    const re = output[2 * bin]!
    const im = output[2 * bin + 1]!
    power[bin] = re * re + im * im
  }
}
