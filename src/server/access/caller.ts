/** Who asks: the name of a key or of a JWT's subject. Its streams are counted together. */
export interface Caller {
  readonly name: string
  /** Streams that it may have open at once; the limit `keyStreams` without it. */
  readonly streams?: number
}

/** Whoever asks a server that wants no key. */
export const ANYONE: Caller = { name: 'anyone' }
