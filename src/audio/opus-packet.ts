/** Samples at 16 kHz in one frame of each of the 32 configurations. RFC 6716, table 2. */
const FRAME_SAMPLES = Array.from({ length: 32 }, (_, config) => {
  if (config < 12) return [160, 320, 640, 960][config % 4]
  if (config < 16) return [160, 320][config % 2]
  return [40, 80, 160, 320][config % 4]
})

const MAX_SAMPLES = 1_920
const MAX_FRAME_BYTES = 1_275

/**
 * Samples a channel at 16 kHz that a packet says it holds, by its table-of-contents byte; undefined if it breaks
 * a rule of RFC 6716 sections 3.2 and 3.4, or is empty.
 */
export function opusPacketSamples(packet: Uint8Array): number | undefined {
  if (packet.length === 0) return undefined
  const frames = wellFormedFrames(packet)
  if (frames === undefined) return undefined
  const samples = FRAME_SAMPLES[packet[0] >> 3] * frames
  return samples <= MAX_SAMPLES ? samples : undefined
}

/** The number of frames; undefined if their lengths do not fit the packet. */
function wellFormedFrames(packet: Uint8Array): number | undefined {
  const bytes = packet.length - 1
  switch (packet[0] & 3) {
    case 0:
      return bytes <= MAX_FRAME_BYTES ? 1 : undefined
    case 1:
      return bytes % 2 === 0 && bytes / 2 <= MAX_FRAME_BYTES ? 2 : undefined
    case 2:
      return fits(packet, 1, packet.length, 1) ? 2 : undefined
    default:
      return packet.length < 2 ? undefined : countedFrames(packet)
  }
}

/** Code 3: a byte with the number of frames, then perhaps padding, then perhaps the length of each frame. */
function countedFrames(packet: Uint8Array): number | undefined {
  const frames = packet[1] & 0x3f
  let at = 2
  let end = packet.length
  for (let padded = (packet[1] & 0x40) !== 0; padded; at++) {
    if (at >= end) return undefined
    padded = packet[at] === 255
    end -= padded ? 254 : packet[at]
  }
  if (frames === 0 || at > end) return undefined
  if ((packet[1] & 0x80) !== 0) return fits(packet, at, end, frames - 1) ? frames : undefined
  const each = (end - at) / frames
  return Number.isInteger(each) && each <= MAX_FRAME_BYTES ? frames : undefined
}

/** Whether `lengths` coded frame lengths at `from`, their frames and one more frame up to `end` fit. */
function fits(packet: Uint8Array, from: number, end: number, lengths: number): boolean {
  let at = from
  let coded = 0
  for (let index = 0; index < lengths; index++) {
    if (at >= end || (packet[at] >= 252 && at + 1 >= end)) return false
    coded += packet[at] < 252 ? packet[at] : packet[at] + packet[at + 1] * 4
    at += packet[at] < 252 ? 1 : 2
  }
  const last = end - at - coded
  return last >= 0 && last <= MAX_FRAME_BYTES
}
