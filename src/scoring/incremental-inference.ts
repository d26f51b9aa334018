import type { Incremental, Piece } from './backbone-pieces.ts'
import { InferenceSession, Tensor } from './onnxruntime.ts'

/** A batch of windows, each with the embeddings that are known of it, and the frames for those that are not. */
export interface Step {
  /** float32 [pieces, pieceFrames, bins], perhaps longer. Comes back with the answer. */
  readonly frames: ArrayBuffer
  readonly pieceFrames: number
  readonly pieces: readonly Piece[]
  /** float32 [rows, embeddings, width], perhaps longer. Comes back with the answer, what was not known filled in. */
  readonly embeddings: ArrayBuffer
  /** Embeddings of each row that count; as many as rows. */
  readonly valid: readonly number[]
  /** Whether to say what each embedding adds. */
  readonly evidence: boolean
}

export interface SteppedBatch {
  readonly output: Float32Array<ArrayBuffer>
  /** float32 [rows, embeddings] */
  readonly evidence?: Float32Array<ArrayBuffer>
  readonly frames: ArrayBuffer
  readonly embeddings: ArrayBuffer
}

export interface PartsDescription {
  readonly incremental: Incremental
  readonly bins: number
  /** Embeddings in a full window. */
  readonly embeddings: number
}

/** Backbone and head of one model. */
export class IncrementalInference {
  readonly #backbone: InferenceSession
  readonly #head: InferenceSession
  readonly #description: PartsDescription

  private constructor(backbone: InferenceSession, head: InferenceSession, description: PartsDescription) {
    this.#backbone = backbone
    this.#head = head
    this.#description = description
  }

  static async load(
    parts: { readonly backbone: string; readonly head: string },
    options: InferenceSession.SessionOptions,
    description: PartsDescription,
  ): Promise<IncrementalInference> {
    // Nearly every batch has a shape of its own, and a memory pattern would be kept for each.
    const ofManyShapes = { ...options, enableMemPattern: false }
    return new IncrementalInference(
      await InferenceSession.create(parts.backbone, ofManyShapes),
      await InferenceSession.create(parts.head, ofManyShapes),
      description,
    )
  }

  async run({ frames, pieceFrames, pieces, embeddings, valid, evidence }: Step): Promise<SteppedBatch> {
    const { embeddings: most, incremental } = this.#description
    const known = new Float32Array(embeddings, 0, valid.length * most * incremental.embeddingWidth)
    if (pieces.length > 0) await this.#embed(new Float32Array(frames), pieceFrames, pieces, known)
    const { head } = incremental
    const wanted = evidence && head.evidence !== undefined ? [head.output, head.evidence] : [head.output]
    const [output, adds] = await fetch(this.#head, wanted, {
      [head.input]: new Tensor('float32', known, [valid.length, most, incremental.embeddingWidth]),
      [head.validTensor]: new Tensor('int64', BigInt64Array.from(valid, BigInt), [valid.length]),
    })
    return { output: output!.slice(), ...(adds && { evidence: adds.slice() }), frames, embeddings }
  }

  async #embed(frames: Float32Array, pieceFrames: number, pieces: readonly Piece[], into: Float32Array): Promise<void> {
    const { bins, embeddings: most, incremental } = this.#description
    const { backbone, embeddingWidth: width } = incremental
    const [made] = await fetch(this.#backbone, [backbone.output], {
      [backbone.input]: new Tensor('float32', frames.subarray(0, pieces.length * pieceFrames * bins), [
        pieces.length,
        pieceFrames,
        bins,
      ]),
    })
    const pieceValues = made!.length / pieces.length
    for (const [index, { row, at, count }] of pieces.entries()) {
      const from = index * pieceValues
      into.set(made!.subarray(from, from + count * width), (row * most + at) * width)
    }
  }

  async release(): Promise<void> {
    await this.#backbone.release()
    await this.#head.release()
  }
}

async function fetch(
  session: InferenceSession,
  names: readonly string[],
  feeds: Record<string, Tensor>,
): Promise<Float32Array[]> {
  const results = await session.run(feeds, names)
  return names.map((name) => {
    const data = results[name]?.data
    if (!(data instanceof Float32Array)) throw new Error(`the output ${name} is not float32`)
    return data
  })
}
