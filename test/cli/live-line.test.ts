import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { LiveLine } from '../../src/cli/live-line.ts'
import type { ScoreEvent } from '../../src/protocol/events.ts'

/** Up by n lines, and clear from there. */
const UP = '↑$1'

/** A terminal that keeps what it was given. */
class Terminal extends Writable {
  text = ''
  readonly columns: number

  constructor(columns = 120) {
    super()
    this.columns = columns
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }

  /** The lines that stand there at the end; knows only what LiveLine uses: up by n and clear below. */
  get lines(): string[] {
    const lines = ['']
    for (const part of this.text.replaceAll(/\S\[(\d+)A\S\[J/g, UP).split(/(↑\d+|\n)/)) {
      const up = /^↑(\d+)/.exec(part)
      if (part === '\n') lines.push('')
      else if (up === null) lines[lines.length - 1] += stripVTControlCharacters(part)
      else lines.splice(-1 - Number(up[1]), Number.POSITIVE_INFINITY, '')
    }
    return lines
  }
}

const score = (end: number, fakeProbability: number, channel = 0): ScoreEvent => ({
  type: 'score',
  channel,
  seq: end * 2,
  start: 0,
  end,
  fakeProbability,
  windowFakeProbability: fakeProbability,
  verdict: fakeProbability > 0.5 ? 'fake' : 'real',
  provisional: false,
  speechSeconds: 1,
  gapMs: 0,
  skipped: 0,
  latencyMs: 1,
})

function drawn(terminal: Terminal, draw: (line: LiveLine) => void): string[] {
  const line = new LiveLine(terminal as unknown as WriteStream)
  draw(line)
  line.end()
  return terminal.lines
}

describe('the live line', () => {
  it('is one line a channel, with a bar for each score', () => {
    const lines = drawn(new Terminal(), (line) => {
      for (const [at, value] of [0, 0.5, 1].entries()) {
        line.show(score(at + 1, value))
        line.show(score(at + 1, 1 - value, 1))
      }
    })
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}0:03\.0 {2}ch 0 {2}▁▅█ {27} {2}fake 1\.00 {2}likely fake$/),
      expect.stringMatching(/^ {2}0:03\.0 {2}ch 1 {2}█▅▁ {27} {2}fake 0\.00 {2}likely real$/),
      '',
    ])
  })

  it('leaves alerts above it', () => {
    const lines = drawn(new Terminal(), (line) => {
      line.show(score(1, 0.9))
      line.show({ type: 'alert', state: 'raised', channel: 0, onset: 0.5, at: 1, fakeProbability: 0.9 })
      line.show(score(2, 0.9))
    })
    expect(lines).toEqual([expect.stringContaining('ALERT raised'), expect.stringContaining('  0:02.0'), ''])
  })

  it('keeps its last state above the summary', () => {
    const lines = drawn(new Terminal(), (line) => {
      line.show(score(1, 0.9))
      line.show(score(2, 0.9))
      const model = { name: 'm', version: '1' }
      const calibration = { scale: 1, bias: 0, fittedOn: '' }
      line.show({ type: 'summary', streamId: 's', model, calibration, channels: [] })
    })
    expect(lines).toEqual([expect.stringContaining('  0:02.0'), 'no audio came', ''])
  })

  it('is cut where it would wrap', () => {
    const lines = drawn(new Terminal(40), (line) => line.show(score(1, 0.9)))
    expect(lines.map(({ length }) => length)).toEqual([39, 0])
  })

  it('is drawn at most every 50 ms, however fast scores come, and at the end in any case', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const terminal = new Terminal()
    const lines = drawn(terminal, (line) => {
      for (let at = 1; at <= 1_000; at += 1) {
        vi.advanceTimersByTime(1)
        line.show(score(at, 0.9))
      }
    })
    vi.useRealTimers()
    expect(terminal.text.split('\n')).toHaveLength(22)
    expect(lines).toEqual([expect.stringMatching(/^ 16:40\.0/), ''])
  })
})
