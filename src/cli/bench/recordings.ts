import { EarwitnessError } from '../../protocol/errors.ts'
import { monoSamples } from '../mono-samples.ts'
import { hasOwnFile, ownFile } from './own-file.ts'
import { PACKET_SAMPLES } from './packets.ts'

const FIXTURES = ['#test/fixtures/audio/real-speech.wav', '#test/fixtures/audio/fake-speech.wav'] as const

/** What the streams play: the file, or the tests' recordings. 16 kHz mono. @throws EarwitnessError `bad_parameter` */
export async function recordings(file: string | undefined): Promise<Float32Array[]> {
  if (file !== undefined) return [await atLeastAPacket(file)]
  requireRecordings()
  return Promise.all(FIXTURES.map((name) => samplesOf(ownFile(name))))
}

/** @throws EarwitnessError `bad_parameter` in an installed package, which has none of the tests' recordings */
export function requireRecordings(): void {
  if (FIXTURES.every(hasOwnFile)) return
  throw new EarwitnessError(
    'bad_parameter',
    'an installed package has no recordings to play: measure in a checkout, or name a file of speech to a command with --audio',
  )
}

async function atLeastAPacket(file: string): Promise<Float32Array> {
  const samples = await samplesOf(file)
  if (samples.length >= PACKET_SAMPLES) return samples
  throw new EarwitnessError('bad_parameter', `--audio: ${file} holds less than the 20 ms of one packet`)
}

async function samplesOf(file: string): Promise<Float32Array> {
  const pieces: Float32Array[] = []
  await monoSamples(file, (samples) => void pieces.push(samples.slice()))
  return joined(pieces)
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((total, piece) => total + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
