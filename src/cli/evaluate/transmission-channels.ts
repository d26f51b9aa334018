import { ffmpegBytes } from '../../audio/ffmpeg.ts'
import { type OpenedAudio, openAudioStream } from '../../audio/open-audio.ts'

/** What happens to speech on its way, in ffmpeg's words. It says nothing of who speaks, and no score should say so. */
const TRANSMISSION_CHANNELS = {
  'gain +12 dB, clipped': ['-af', 'volume=12dB', '-f', 'wav'],
  'gain −12 dB': ['-af', 'volume=-12dB', '-f', 'wav'],
  '1.5 s of silence in front': ['-af', 'adelay=1500:all=1', '-f', 'wav'],
  'band of 300 to 3400 Hz': ['-af', 'highpass=f=300:p=2,highpass=f=300,lowpass=f=3400:p=2,lowpass=f=3400', '-f', 'wav'],
  'rate of 8 kHz': ['-ar', '8000', '-f', 'wav'],
  'G.711 µ-law': ['-ar', '8000', '-c:a', 'pcm_mulaw', '-f', 'wav'],
  'Opus 16 kbit/s': ['-c:a', 'libopus', '-b:a', '16k', '-f', 'ogg'],
  'MP3 32 kbit/s': ['-ar', '16000', '-c:a', 'libmp3lame', '-b:a', '32k', '-f', 'mp3'],
} as const satisfies Record<string, readonly string[]>

export type TransmissionChannel = keyof typeof TRANSMISSION_CHANNELS
export const TRANSMISSION_CHANNEL_NAMES = Object.keys(TRANSMISSION_CHANNELS) as TransmissionChannel[]

/** A file after it went through a channel, mixed to mono before it. */
export function sentThrough(channel: TransmissionChannel): (file: string) => Promise<OpenedAudio> {
  return (file) => openAudioStream(ffmpegBytes(file, ['-ac', '1', ...TRANSMISSION_CHANNELS[channel]]))
}
