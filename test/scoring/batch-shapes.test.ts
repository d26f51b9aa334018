import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importModel } from '../../src/importing/import-model.ts'
import { OnnxGraph } from '../../src/importing/onnx-graph.ts'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import { sourceOf } from '../fixtures/window-source.ts'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'earwitness-shapes-'))
})
afterAll(() => rm(scratch, { recursive: true }))

/** A package whose logit is the mean of a window, or whose two logits are that and its opposite. */
async function meanModel(name: string, batch: number | string, output: 'logit' | 'two-logits'): Promise<string> {
  const graph = new OnnxGraph()
  graph.node('ReduceMean', 'means', ['x'], { integers: { axes: [1, 2], keepdims: 0 } })
  graph.integers('column', [-1, 1])
  graph.node('Reshape', output === 'logit' ? 'y' : 'mean', ['means', 'column'])
  if (output === 'two-logits') {
    graph.node('Neg', 'opposite', ['mean'])
    graph.node('Concat', 'y', ['mean', 'opposite'], { integers: { axis: 1 } })
  }
  const width = output === 'logit' ? 1 : 2
  const path = join(scratch, `${name}.onnx`)
  const inputs = [{ name: 'x', element: 'float32', shape: [batch, 1024, 128] }] as const
  await writeFile(path, graph.model(name, inputs, [{ name: 'y', element: 'float32', shape: [batch, width] }]))
  const options = { name, out: join(scratch, name), frontend: 'torchaudio-mel', source: 'a test' } as const
  const fakeIndex = output === 'logit' ? 1 : 0
  return (await importModel(path, { ...options, output, fakeIndex, editions: ['fp32'] })).folder
}

async function logitsTogether(folder: string): Promise<unknown[]> {
  const scorer = await LocalScorer.open(folder, { provider: 'cpu', scoringSeconds: 20, threads: 1 })
  const windows = [1, 2, 3].map((value) => sourceOf(new Float32Array(1024 * 128).fill(value)))
  const outcomes = await Promise.all(windows.map((window) => scorer.score({}, window)))
  await scorer.close()
  return outcomes.map((outcome) => (outcome.kind === 'scored' ? outcome.fakeLogit : outcome))
}

describe('windows that wait together', () => {
  it.each([
    ['batch', 'logit', [1, 2, 3]],
    ['batch', 'two-logits', [2, 4, 6]],
    [1, 'logit', [1, 2, 3]],
    [1, 'two-logits', [2, 4, 6]],
  ] as const)('get each its own logit from a file for a batch of %s with %s', async (batch, output, logits) => {
    const got = await logitsTogether(await meanModel(`${batch}-${output}`, batch, output))
    expect(got).toEqual(logits.map((logit) => expect.closeTo(logit, 4)))
  })

  it('get none from a model that gives more values than its manifest says', async () => {
    const folder = await meanModel('wide', 'batch', 'two-logits')
    const manifest = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))
    manifest.output = { tensor: 'y', kind: 'logit', fake: 'positive' }
    await writeFile(join(folder, 'model.json'), JSON.stringify(manifest))
    await expect(logitsTogether(folder)).rejects.toThrow(/the output y holds 2 values for 1 × 1/)
  })
})
