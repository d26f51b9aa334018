import { type Options, SingleBar } from 'cli-progress'

/** A bar on standard error. Cursor and line ends stay as they are, for Ctrl-C would leave them so. */
export function progressBar(format: string, options: Options = {}): SingleBar {
  return new SingleBar({ ...options, format, hideCursor: false, linewrap: true })
}
