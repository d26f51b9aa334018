import type { ModelManifest } from './model-manifest.ts'

/**
 * The first frame of the window that ends before frame `end`: the model's last `input.frames` frames. For a model that goes
 * on from the windows before, embeddings lie on a grid of so many frames, and a window starts with the first of them
 * that lies wholly in it.
 */
export function windowStart(end: number, { input, incremental }: ModelManifest): number {
  const grid = incremental?.strideFrames ?? 1
  return Math.ceil(Math.max(0, end - input.frames) / grid) * grid
}
