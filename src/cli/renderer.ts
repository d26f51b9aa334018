import type { ServerEvent } from '../protocol/events.ts'
import { LiveLine } from './live-line.ts'
import { inWords } from './words.ts'

/** Shows events on standard output. */
export interface Renderer {
  show(event: ServerEvent): void
  end(): void
}

/** NDJSON where it was asked for, a live line on a terminal, plain lines elsewhere. */
export function chooseRenderer(json: boolean): Renderer {
  if (json) return lines((event) => JSON.stringify(event))
  return withoutLastWords(process.stdout.isTTY ? new LiveLine(process.stdout) : lines(inWords))
}

/** What ended a stream is told once, on standard error. */
function withoutLastWords(renderer: Renderer): Renderer {
  return {
    show: (event) => {
      if (event.type !== 'error' || !event.fatal) renderer.show(event)
    },
    end: () => renderer.end(),
  }
}

function lines(toText: (event: ServerEvent) => string): Renderer {
  return {
    show: (event) => void process.stdout.write(`${toText(event)}\n`),
    end: () => {},
  }
}
