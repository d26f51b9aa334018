import type { WriteStream } from 'node:tty'
import { stripVTControlCharacters, styleText } from 'node:util'
import type { ScoreEvent, ServerEvent, Verdict } from '../protocol/events.ts'
import type { Renderer } from './renderer.ts'
import { at, inWords, verdictInWords } from './words.ts'

const BARS = '▁▂▃▄▅▆▇█'
const HISTORY = 30
/** A file is scored far faster than anyone can read. */
const REDRAW_MS = 50
const COLOURS: Readonly<Record<Verdict, 'red' | 'green' | 'yellow' | 'gray'>> = {
  fake: 'red',
  real: 'green',
  uncertain: 'yellow',
  inconclusive: 'gray',
}

/** One line a channel, redrawn in place, with a sparkline of the last scores; what matters later stays above it. */
export class LiveLine implements Renderer {
  readonly #terminal: WriteStream
  readonly #lines: string[] = []
  readonly #histories: string[] = []
  #drawn = 0
  #drawnAt = Number.NEGATIVE_INFINITY

  constructor(terminal: WriteStream) {
    this.#terminal = terminal
  }

  show(event: ServerEvent): void {
    if (event.type === 'score') {
      this.#score(event)
      if (performance.now() - this.#drawnAt >= REDRAW_MS) this.#draw()
      return
    }
    if (event.type === 'summary') this.end()
    this.#above(inWords(event))
    this.#draw()
  }

  /** The last state stays where it is; what comes later goes below. */
  end(): void {
    this.#draw()
    this.#drawn = 0
    this.#lines.length = 0
  }

  #score(event: ScoreEvent): void {
    const { channel, verdict, fakeProbability } = event
    const bar = verdict === 'inconclusive' || fakeProbability === null ? '·' : barOf(fakeProbability)
    const history = ((this.#histories[channel] ?? '') + bar).slice(-HISTORY)
    this.#histories[channel] = history
    const value = fakeProbability === null ? ' –  ' : fakeProbability.toFixed(2)
    const words = styleText(COLOURS[verdict], verdictInWords(event))
    this.#lines[channel] = `${at(event.end)}  ch ${channel}  ${history.padEnd(HISTORY)}  fake ${value}  ${words}`
  }

  #above(text: string): void {
    this.#erase()
    this.#terminal.write(`${text}\n`)
  }

  #draw(): void {
    this.#erase()
    const lines = this.#lines.filter((line) => line !== undefined)
    for (const line of lines) this.#terminal.write(`${cut(line, this.#terminal.columns)}\n`)
    this.#drawn = lines.length
    this.#drawnAt = performance.now()
  }

  #erase(): void {
    if (this.#drawn > 0) this.#terminal.write(`\u001b[${this.#drawn}A\u001b[J`)
    this.#drawn = 0
  }
}

function barOf(probability: number): string {
  return BARS[Math.min(BARS.length - 1, Math.floor(probability * BARS.length))]!
}

/** A line that would wrap loses its colours, then its end: a wrapped line could not be redrawn. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line)
  return plain.length < columns ? line : plain.slice(0, columns - 1)
}
