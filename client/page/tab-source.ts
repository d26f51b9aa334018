import { MediaSource } from './media-source.ts'
import { type SoundSource, SourceError } from './sound-source.ts'

/** Whether this browser can share a tab at all; phones cannot. */
export function canShareTab(): boolean {
  return navigator.mediaDevices !== undefined && 'getDisplayMedia' in navigator.mediaDevices
}

/** Asks for a tab and its sound. @throws SourceError where that is refused, or the tab came without sound. */
export async function openTab(): Promise<SoundSource> {
  const media = await ask()
  if (media.getAudioTracks().length === 0) {
    for (const track of media.getTracks()) track.stop()
    throw new SourceError('What was shared came without sound. Choose a tab, and switch on “Also share tab audio”.')
  }
  return MediaSource.open('browser tab', media)
}

async function ask(): Promise<MediaStream> {
  try {
    // Browsers share no sound without a picture; the picture is never looked at, so a tiny one is enough.
    return await navigator.mediaDevices.getDisplayMedia({
      video: { width: 16, height: 16, frameRate: 1 },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    })
  } catch (cause) {
    const { name, message } = cause as DOMException
    const words = name === 'NotAllowedError' ? 'No tab was shared.' : `A tab cannot be shared: ${message}`
    throw new SourceError(words, { cause })
  }
}
