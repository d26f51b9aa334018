import { MediaSource } from './media-source.ts'
import { type SoundSource, SourceError } from './sound-source.ts'

/** The voice as it is: what browsers do to make calls pleasant also hides or invents traces of synthesis. */
const UNTOUCHED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }

const WORDS: Readonly<Record<string, string>> = {
  NotAllowedError: 'The microphone was not allowed. Allow it beside the page’s address, and try again.',
  NotFoundError: 'No microphone was found. Connect one, and try again.',
  NotReadableError: 'The microphone cannot be read; another program may be using it.',
}

/** Asks for the microphone. @throws SourceError where it is missing, refused or not offered to this page. */
export async function openMicrophone(): Promise<SoundSource> {
  if (navigator.mediaDevices === undefined) {
    throw new SourceError('Browsers give the microphone only to pages on https:// or on localhost.')
  }
  return MediaSource.open('microphone', await ask())
}

async function ask(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: UNTOUCHED })
  } catch (cause) {
    const { name, message } = cause as DOMException
    throw new SourceError(WORDS[name] ?? `The microphone cannot be opened: ${message}`, { cause })
  }
}
