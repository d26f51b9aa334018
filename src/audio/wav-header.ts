import { EarwitnessError } from '../protocol/errors.ts'
import { HIGHEST_RATE, LOWEST_RATE } from '../protocol/parameters.ts'
import type { SampleFormatName } from './sample-format.ts'

/** What the header of a WAV file says. */
export interface WavHeader {
  readonly format: SampleFormatName
  readonly sampleRate: number
  readonly channels: number
}

const MAX_CHANNELS = 8

/**
 * Reads the body of a `fmt ` chunk.
 * @throws EarwitnessError `unsupported_audio`
 */
export function readWavFormat(body: Uint8Array): WavHeader {
  if (body.length < 16) throw unsupported(`its "fmt " chunk has ${body.length} bytes, 16 is the least`)
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const outer = view.getUint16(0, true)
  const tag = outer === 0xfffe && body.length >= 26 ? view.getUint16(24, true) : outer
  const bits = view.getUint16(14, true)
  const channels = view.getUint16(2, true)
  const sampleRate = view.getUint32(4, true)
  const format = formatOf(tag, bits)
  if (format === undefined) throw unsupported(`format ${tag} with ${bits} bits; PCM, float 32 and G.711 are known`)
  if (channels < 1 || channels > MAX_CHANNELS)
    throw unsupported(`${channels} channels; 1 to ${MAX_CHANNELS} are allowed`)
  if (sampleRate < LOWEST_RATE || sampleRate > HIGHEST_RATE) {
    throw unsupported(`a rate of ${sampleRate} Hz; ${LOWEST_RATE} to ${HIGHEST_RATE} are allowed`)
  }
  return { format, sampleRate, channels }
}

function formatOf(tag: number, bits: number): SampleFormatName | undefined {
  switch (`${tag}/${bits}`) {
    case '1/8':
      return 'u8'
    case '1/16':
      return 's16le'
    case '1/24':
      return 's24le'
    case '1/32':
      return 's32le'
    case '3/32':
      return 'f32le'
    case '6/8':
      return 'alaw'
    case '7/8':
      return 'mulaw'
    default:
      return undefined
  }
}

function unsupported(what: string): EarwitnessError {
  return new EarwitnessError('unsupported_audio', `this WAV cannot be decoded: ${what}`)
}
