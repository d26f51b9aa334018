import { encode } from 'fast-png'
import { type ColourRange, paintFrame } from '../dsp/mel-colours.ts'

/** Mel frames [frames, bins] as a PNG: time to the right, one pixel a frame and bin, the highest bin on top. */
export function melImage(values: Float32Array, frames: number, bins: number, range: ColourRange): Uint8Array {
  const data = new Uint8Array(frames * bins * 4)
  const column = new Uint8Array(bins * 4)
  for (let frame = 0; frame < frames; frame += 1) {
    paintFrame(values.subarray(frame * bins, (frame + 1) * bins), column, range)
    for (let row = 0; row < bins; row += 1) {
      data.set(column.subarray(row * 4, row * 4 + 4), (row * frames + frame) * 4)
    }
  }
  return encode({ width: frames, height: bins, data, channels: 4, depth: 8 })
}
