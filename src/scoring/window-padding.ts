import { paddingValue } from '../dsp/front-ends.ts'
import type { ModelManifest } from './model-manifest.ts'

/**
 * Fills what a window lacks as its model was trained to see it: with the front end's padding value, or with the window
 * over and over. A model that is given the length looks at none of it.
 * @param window a full window's memory, row after row
 * @param frames how many of its frames hold audio
 */
export function padWindow(window: Float32Array, frames: number, { input, frontend }: ModelManifest): void {
  const valid = frames * frontend.melBins
  if (input.padding !== 'repeat') {
    window.fill(paddingValue(frontend), valid)
    return
  }
  for (let at = valid; at < window.length && valid > 0; at += valid) {
    window.copyWithin(at, 0, Math.min(valid, window.length - at))
  }
}
