import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { progressBar } from '../../src/cli/progress-bar.ts'

describe('a progress bar', () => {
  it('leaves cursor and line ends as they are, for a Ctrl-C in its middle restores nothing', async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
    const bar = progressBar('{value} of {total}', { stream })
    bar.start(10, 3)
    bar.stop()
    stream.end()
    const written = await text(stream)
    expect(written).toContain('3 of 10')
    expect(written).not.toContain('\u001b[?')
  })
})
