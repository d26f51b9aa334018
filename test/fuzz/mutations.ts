import fc from 'fast-check'

/** One change to a sequence of bytes, at a place given as a share of its length. */
type Mutation =
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly at: number; readonly count: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number }
  | { readonly kind: 'end'; readonly at: number }

/** Numbers at which sizes and counts break, as 32 bits in both byte orders. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].flatMap((value) => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return [bytes, bytes.toReversed()]
})

/** Headers are short and bodies are long: half of all changes fall into the first bytes. */
const place = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.02, noNaN: true }))
const bytes = fc.oneof(fc.constantFrom(...EDGES), fc.uint8Array({ minLength: 1, maxLength: 8 }))
const count = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 2_000 }))
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), at: place, bytes }) },
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes }),
  fc.record({ kind: fc.constant('cut' as const), at: place, count }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, count }),
  fc.record({ kind: fc.constant('end' as const), at: place }),
)

/** Valid inputs with up to eight changes; now and then bytes that were never valid. */
export function mutated(valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changed = fc
    .tuple(fc.constantFrom(...valid), fc.array(mutation, { maxLength: 8 }))
    .map(([input, changes]) => changes.reduce(changedBy, input))
  return fc.oneof({ weight: 15, arbitrary: changed }, fc.uint8Array({ maxLength: 400 }))
}

/** The same for texts, whose changes may leave them no longer UTF-8. */
export function mutatedText(valid: readonly string[]): fc.Arbitrary<string> {
  return mutated(valid.map((text) => new TextEncoder().encode(text))).map((changed) =>
    new TextDecoder().decode(changed),
  )
}

function changedBy(input: Uint8Array, change: Mutation): Uint8Array {
  const at = Math.floor(change.at * input.length)
  switch (change.kind) {
    case 'set':
      return joined(input.subarray(0, at), change.bytes, input.subarray(at + change.bytes.length))
    case 'insert':
      return joined(input.subarray(0, at), change.bytes, input.subarray(at))
    case 'cut':
      return joined(input.subarray(0, at), input.subarray(at + change.count))
    case 'repeat':
      return joined(input.subarray(0, at + change.count), input.subarray(at))
    case 'end':
      return input.slice(0, at)
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
