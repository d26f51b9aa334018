/** What a `warning` event can be about. The stream goes on after each of them. */
export const WARNING_CODES = {
  clipping:
    'Samples stand at full scale: the level is too high and harmonics are invented. `at` ends the second in which they do.',
  not_finite: 'Samples were NaN or infinite; silence took their place.',
  corrupt_audio: 'A piece of the audio could not be decoded; a gap of its length took its place.',
  header_ignored: 'A WAV header contradicts the parameters; the header was believed.',
  audio_ahead: 'Audio arrives faster than real time; the server takes it as fast as it can score it.',
  overload: 'Windows were skipped because the server could not score them in time.',
  truncated_audio: 'The audio ended in the middle of a sample, packet or page; the rest was dropped.',
} as const

export type WarningCode = keyof typeof WARNING_CODES
