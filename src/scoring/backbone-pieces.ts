import type { ModelManifest } from './model-manifest.ts'

export type Incremental = NonNullable<ModelManifest['incremental']>

/** A piece of one row's frames on its way through the backbone; all pieces of a batch are equally long. */
export interface Piece {
  readonly row: number
  /** Where in the row's embeddings those of the piece belong. */
  readonly at: number
  /** How many of them count; the frames behind theirs may be anything. */
  readonly count: number
}

/** Frames that so many embeddings in a row are made of. */
export function framesOf(embeddings: number, { receptiveFrames, strideFrames }: Incremental): number {
  return embeddings === 0 ? 0 : (embeddings - 1) * strideFrames + receptiveFrames
}

/** Embeddings that lie wholly in so many frames. */
export function embeddingsIn(frames: number, { receptiveFrames, strideFrames }: Incremental): number {
  return Math.max(0, Math.floor((frames - receptiveFrames) / strideFrames) + 1)
}

/**
 * How many embeddings a piece should hold, so that all rows' new embeddings cost the backbone the fewest frames: one stream
 * that comes back after a silence needs a whole window, and its neighbours must not be padded to that.
 */
export function pieceLength(rows: readonly number[], incremental: Incremental): number {
  const framesWith = (length: number): number =>
    rows.reduce((sum, count) => sum + Math.ceil(count / length), 0) * framesOf(length, incremental)
  const lengths = new Set(rows.filter((count) => count > 0))
  let best = 0
  for (const length of lengths) if (best === 0 || framesWith(length) < framesWith(best)) best = length
  return best
}
