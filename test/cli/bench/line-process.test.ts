import { describe, expect, it } from 'vitest'
import { LineProcess } from '../../../src/cli/bench/line-process.ts'

const ECHO = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'die') process.kill(process.pid, 'SIGKILL')
  else console.log(JSON.stringify(line))
})`

const echo = (): LineProcess => new LineProcess(process.execPath, ['-e', ECHO])

describe('a process that answers lines', () => {
  it('answers each question in turn, and ends when it is told to', async () => {
    const process = echo()
    expect(await process.ask('one')).toBe('one')
    expect(await process.ask('two')).toBe('two')
    await process.stop()
  })

  it('is an error where a signal ended it, as often as it is asked, and has stopped then', async () => {
    const process = echo()
    await expect(process.ask('die')).rejects.toThrow('the process ended')
    await expect(process.ask('one')).rejects.toThrow('the process ended')
    await process.stop()
  })
})
