import { readVint } from './webm-elements.ts'

/** A SimpleBlock or Block of WebM: the track it belongs to and its frames, undefined if its lacing is damaged. */
export interface WebmBlock {
  readonly track: number
  readonly frames: readonly Uint8Array[] | undefined
}

interface Lengths {
  /** Of all frames but the last. */
  readonly each: readonly number[]
  /** Where the first frame begins. */
  readonly from: number
}

/** Reads a block (RFC 9559 sections 10.1 to 10.3). Frames are views. Undefined if not even its header is whole. */
export function readWebmBlock(block: Uint8Array): WebmBlock | undefined {
  const track = readVint(block, 0)
  if (track === undefined || block.length < track.length + 3) return undefined
  const body = block.subarray(track.length + 3)
  const lacing = (block[track.length + 2] >> 1) & 3
  return { track: track.value, frames: lacing === 0 ? [body] : lacedFrames(body, lacing) }
}

function lacedFrames(body: Uint8Array, lacing: number): Uint8Array[] | undefined {
  if (body.length === 0) return undefined
  const coded = body[0]
  const lengths =
    lacing === 1 ? xiphLengths(body, coded) : lacing === 2 ? evenLengths(body, coded) : ebmlLengths(body, coded)
  if (lengths === undefined) return undefined
  let at = lengths.from
  const frames = lengths.each.map((length) => {
    at += length
    return body.subarray(at - length, at)
  })
  return at <= body.length ? [...frames, body.subarray(at)] : undefined
}

function xiphLengths(body: Uint8Array, count: number): Lengths | undefined {
  let at = 1
  const each = Array.from({ length: count }, () => {
    let length = 0
    while (body[at] === 255) length += body[at++]
    return length + (body[at++] ?? 0)
  })
  return at <= body.length ? { each, from: at } : undefined
}

function evenLengths(body: Uint8Array, count: number): Lengths | undefined {
  const length = (body.length - 1) / (count + 1)
  return Number.isInteger(length) ? { each: new Array(count).fill(length), from: 1 } : undefined
}

/** The first length as it is, each other as a signed difference from the one before. */
function ebmlLengths(body: Uint8Array, count: number): Lengths | undefined {
  const each: number[] = []
  let at = 1
  for (let index = 0; index < count; index++) {
    const coded = readVint(body, at)
    if (coded === undefined) return undefined
    const length = index === 0 ? coded.value : each[index - 1] + coded.value - (2 ** (7 * coded.length - 1) - 1)
    if (!(length >= 0 && length <= body.length)) return undefined
    each.push(length)
    at += coded.length
  }
  return { each, from: at }
}
