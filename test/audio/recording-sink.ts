import { createDecoder } from '../../src/audio/create-decoder.ts'
import type { AudioSink } from '../../src/audio/decoder.ts'
import { limitsWith } from '../../src/protocol/limits.ts'
import type { Encoding } from '../../src/protocol/parameters.ts'

/** Everything that a decoder said, samples of all calls joined; a gap stands as NaN in every channel. */
export class RecordingSink implements AudioSink {
  readonly formats: { sampleRate: number; channels: number }[] = []
  readonly warnings: { code: string; message: string }[] = []
  readonly gaps: number[] = []
  readonly #blocks: Float32Array[][] = []

  format(sampleRate: number, channels: number): void {
    this.formats.push({ sampleRate, channels })
  }

  samples(planes: readonly Float32Array[]): void {
    this.#blocks.push(planes.map((plane) => plane.slice()))
  }

  gap(samples: number): void {
    this.gaps.push(samples)
    this.#blocks.push(
      Array.from({ length: this.formats[0].channels }, () => new Float32Array(samples).fill(Number.NaN)),
    )
  }

  warning(code: string, message: string): void {
    this.warnings.push({ code, message })
  }

  get codes(): string[] {
    return this.warnings.map(({ code }) => code)
  }

  plane(channel = 0): Float32Array {
    return Float32Array.from(this.#blocks.flatMap((block) => [...block[channel]]))
  }

  /** All that must not depend on how the bytes were cut. */
  get everything() {
    const planes = Array.from({ length: this.formats[0]?.channels ?? 0 }, (_, channel) => this.plane(channel))
    return { formats: this.formats, warnings: this.warnings, gaps: this.gaps, planes }
  }
}

export interface Audio {
  readonly encoding: Encoding
  readonly sampleRate?: number
  readonly channels?: number
}

/** Decodes pieces from first push to close; each is another's again after its push. */
export function decode(audio: Audio, pieces: Iterable<Uint8Array>, corruptPackets?: number): RecordingSink {
  const sink = new RecordingSink()
  const limits = limitsWith(corruptPackets === undefined ? {} : { corruptPackets })
  const decoder = createDecoder({ sampleRate: 16_000, channels: 1, ...audio }, limits, sink)
  try {
    for (const piece of pieces) {
      const lent = Uint8Array.from(piece)
      decoder.push(lent)
      lent.fill(0xa5)
    }
    decoder.flush()
  } finally {
    decoder.close()
  }
  return sink
}

/** The same bytes cut at these places, each piece at an odd address in a pool of its own. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, index) => unaligned(bytes.subarray(edges[index], end)))
}

function unaligned(bytes: Uint8Array): Uint8Array {
  const pool = new Uint8Array(bytes.length + 1)
  pool.set(bytes, 1)
  return pool.subarray(1)
}
