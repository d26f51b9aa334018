import { FrameRing } from '../dsp/frame-ring.ts'
import { embeddingsIn, framesOf, type Incremental, type Piece, pieceLength } from './backbone-pieces.ts'
import { batchMemory } from './batch-memory.ts'
import type { Step } from './incremental-inference.ts'
import type { ModelManifest } from './model-manifest.ts'
import type { Evidence, ScoredWindow, WindowSource } from './scorer.ts'
import type { WaitingWindow, WindowModel } from './window-model.ts'
import { windowStart } from './window-start.ts'

export interface ScoredStep {
  readonly fakeLogits: readonly number[]
  /** [rows, embeddings], where the step asked for it and the model can say it. */
  readonly fakeEvidence?: Float32Array
  readonly frames: ArrayBuffer
  readonly embeddings: ArrayBuffer
}

/** One window of a batch, in numbers of embeddings since the beginning of its channel. */
interface Row {
  readonly source: WindowSource
  readonly wantsEvidence: boolean
  readonly known: FrameRing
  /** Of the window. */
  readonly first: number
  /** The first that is not known. */
  readonly next: number
  /** Behind the window's last. */
  readonly end: number
}

/**
 * Windows for a model that goes on from the windows before. It keeps each channel's embeddings of the last window, asks
 * for those of new frames alone, and copies these frames when the model is free. A batch that fails leaves what is
 * known as it was. A channel that is gone takes its embeddings with it.
 */
export class IncrementalWindows implements WindowModel {
  readonly #manifest: ModelManifest
  readonly #incremental: Incremental
  readonly #step: (step: Step) => Promise<ScoredStep>
  readonly #embeddings: number
  readonly #known = new WeakMap<object, FrameRing>()
  #spareFrames: ArrayBuffer | undefined
  #spareEmbeddings: ArrayBuffer | undefined

  constructor(manifest: ModelManifest, incremental: Incremental, step: (step: Step) => Promise<ScoredStep>) {
    this.#manifest = manifest
    this.#incremental = incremental
    this.#step = step
    this.#embeddings = embeddingsIn(manifest.input.frames, incremental)
  }

  async score(windows: readonly WaitingWindow[]): Promise<readonly (ScoredWindow | undefined)[]> {
    const rows = windows.map((window) => this.#rowOf(window))
    const held = rows.filter((row) => row !== undefined)
    if (held.length === 0) return rows.map(() => undefined)
    const evidence = held.some(({ wantsEvidence }) => wantsEvidence)
    const scored = await this.#step({ ...this.#framesFor(held), ...this.#embeddingsFor(held), evidence })
    this.#spareFrames = scored.frames
    this.#spareEmbeddings = scored.embeddings
    this.#learn(held, new Float32Array(scored.embeddings))
    const found = held.map((row, index) => this.#scoredOf(row, index, scored)).values()
    return rows.map((row) => (row === undefined ? undefined : found.next().value))
  }

  #scoredOf(row: Row, index: number, { fakeLogits, fakeEvidence }: ScoredStep): ScoredWindow {
    const fakeLogit = fakeLogits[index]!
    if (!row.wantsEvidence || fakeEvidence === undefined) return { fakeLogit }
    const from = index * this.#embeddings
    return { fakeLogit, evidence: this.#evidenceOf(row, fakeEvidence.slice(from, from + row.end - row.first)) }
  }

  #evidenceOf({ first }: Row, fakeEvidence: Float32Array): Evidence {
    const { receptiveFrames, strideFrames } = this.#incremental
    return { firstFrame: first * strideFrames + (receptiveFrames - 1) / 2, strideFrames, fakeEvidence }
  }

  /** Undefined where the source has forgotten frames that are needed. */
  #rowOf({ channel, source, end, wantsEvidence }: WaitingWindow): Row | undefined {
    const start = windowStart(end, this.#manifest)
    const first = start / this.#incremental.strideFrames
    const row = { first, end: first + embeddingsIn(end - start, this.#incremental) }
    const known = this.#knownOf(channel)
    if (known.oldest > first || known.count < first || known.count > row.end) known.restart(first)
    const next = known.count
    const lost = next < row.end && source.oldest > next * this.#incremental.strideFrames
    return lost ? undefined : { ...row, source, wantsEvidence, known, next }
  }

  #knownOf(channel: object): FrameRing {
    const known = this.#known.get(channel) ?? new FrameRing(this.#embeddings, this.#incremental.embeddingWidth)
    this.#known.set(channel, known)
    return known
  }

  #framesFor(rows: readonly Row[]): Pick<Step, 'frames' | 'pieceFrames' | 'pieces'> {
    const { melBins } = this.#manifest.frontend
    const length = pieceLength(
      rows.map(({ next, end }) => end - next),
      this.#incremental,
    )
    const pieceFrames = framesOf(length, this.#incremental)
    const pieces = rows.flatMap((row, index) => piecesOf(row, index, length))
    const frames = batchMemory(pieces.length * pieceFrames * melBins, this.#spareFrames)
    this.#spareFrames = undefined
    const values = new Float32Array(frames)
    for (const [index, { row, at, count }] of pieces.entries()) {
      const { source, first } = rows[row]!
      const from = (first + at) * this.#incremental.strideFrames
      source.copy(from, from + framesOf(count, this.#incremental), values, index * pieceFrames * melBins)
    }
    return { frames, pieceFrames, pieces }
  }

  #embeddingsFor(rows: readonly Row[]): Pick<Step, 'embeddings' | 'valid'> {
    const rowValues = this.#embeddings * this.#incremental.embeddingWidth
    const embeddings = batchMemory(rows.length * rowValues, this.#spareEmbeddings)
    this.#spareEmbeddings = undefined
    const values = new Float32Array(embeddings)
    const valid = rows.map(({ known, first, next, end }, index) => {
      known.copy(first, next, values, index * rowValues)
      // What does not count has the weight 0; what lay here before could be infinite.
      values.fill(0, index * rowValues + (end - first) * this.#incremental.embeddingWidth, (index + 1) * rowValues)
      return end - first
    })
    return { embeddings, valid }
  }

  #learn(rows: readonly Row[], embeddings: Float32Array): void {
    const width = this.#incremental.embeddingWidth
    for (const [index, { known, first, next, end }] of rows.entries()) {
      for (let embedding = next; embedding < end; embedding += 1) {
        const at = (index * this.#embeddings + embedding - first) * width
        known.push(embeddings.subarray(at, at + width))
      }
    }
  }
}

function piecesOf({ first, next, end }: Row, row: number, length: number): Piece[] {
  const pieces: Piece[] = []
  for (let at = next; at < end; at += length) pieces.push({ row, at: at - first, count: Math.min(length, end - at) })
  return pieces
}
