import { HIGHEST_RATE } from '../../src/protocol/parameters.ts'

/** An audio context at the device's rate, unless no server takes that. */
export function deviceContext(): AudioContext {
  const context = new AudioContext()
  if (context.sampleRate <= HIGHEST_RATE) return context
  void context.close()
  return new AudioContext({ sampleRate: HIGHEST_RATE / 2 })
}
