import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cpuShares } from '../../../src/cli/bench/cpu-parts.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earwitness-profiles-'))
})
afterAll(() => rm(folder, { recursive: true }))

const frame = (functionName: string, url = '') => ({ functionName, url })
const dist = 'file:///somewhere/dist/src'

/** As V8 writes it: the mel stage calls the FFT, which the gate calls too. */
const main = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 5, 8] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('(program)') },
    { id: 4, callFrame: frame('(garbage collector)') },
    { id: 5, callFrame: frame('push', `${dist}/stream/channel-track.js`), children: [6, 9] },
    { id: 6, callFrame: frame('emit', `${dist}/dsp/torchaudio-mel.js`), children: [7] },
    { id: 7, callFrame: frame('transform', `${dist}/dsp/fft.js`) },
    { id: 8, callFrame: frame('dataMessage', 'file:///somewhere/node_modules/ws/lib/receiver.js') },
    { id: 9, callFrame: frame('measure', `${dist}/dsp/frame-cues.js`), children: [10] },
    { id: 10, callFrame: frame('transform', `${dist}/dsp/fft.js`) },
  ],
  startTime: 1_000,
  samples: [2, 7, 6, 10, 8, 3, 4, 5, 7],
  timeDeltas: [100, 100, 100, 100, 100, 100, 100, 100, 100],
}
const worker = {
  nodes: [{ id: 1, callFrame: frame('run', 'file:///somewhere/node_modules/onnxruntime-node/dist/backend.js') }],
  startTime: 1_000,
  samples: [1],
  timeDeltas: [200],
}

describe('the parts of the processor time', () => {
  it('are those of the nearest caller that has one, over all threads, without what is idle', async () => {
    await writeFile(join(folder, 'main.cpuprofile'), JSON.stringify(main))
    await writeFile(join(folder, 'worker.cpuprofile'), JSON.stringify(worker))
    await writeFile(join(folder, 'notes.txt'), 'no profile')
    // The last sample of the main thread came after the end.
    expect(await cpuShares(folder, 0, 1_850)).toEqual({
      score: 2 / 9,
      mel: 2 / 9,
      gate: 1 / 9,
      socket: 1 / 9,
      runtime: 1 / 9,
      garbage: 1 / 9,
      events: 1 / 9,
    })
  })
})
