/**
 * Starts an audio context. A browser in which nothing has been pressed yet keeps it silent: then it starts at the
 * next key or pointer.
 */
export function startContext(context: AudioContext): void {
  const resume = () => void context.resume()
  const started = new AbortController()
  for (const gesture of ['pointerup', 'keydown'] as const) {
    addEventListener(gesture, resume, { signal: started.signal })
  }
  context.addEventListener('statechange', () => started.abort(), { once: true })
  resume()
}

/** Whether a sound that starts now stays silent until something is pressed. */
export function waitsForGesture(): boolean {
  return navigator.userActivation?.hasBeenActive === false
}
