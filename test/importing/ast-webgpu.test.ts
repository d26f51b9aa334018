import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { astGraph } from '../../src/importing/ast-graph.ts'
import { astGraphInt8 } from '../../src/importing/ast-int8.ts'
import { importModel } from '../../src/importing/import-model.ts'
import { LocalScorer } from '../../src/scoring/local-scorer.ts'
import type { ModelManifest, ProviderChoice } from '../../src/scoring/model-manifest.ts'
import { serve } from '../../src/server/serve.ts'
import { fakeSpeech, firstSeconds } from '../fixtures/recordings.ts'
import { IS_SWIFTSHADER, useVulkanDriver, VULKAN_DRIVER } from '../fixtures/software-gpu.ts'
import { StreamClient } from '../server/stream-client.ts'
import { AST_NAMES, furthest, goldenWeights, goldenWindows, logitsOf, probabilities } from './ast-golden.ts'

/** float32 in another order of sums: measured 2e-6. */
const FP32_LOGIT = 1e-4
/** Half precision in every step: measured 0.016 of a logit, 0.004 of a probability. */
const FP16_PROBABILITY = 0.02
/** A software GPU on a busy machine. */
const PATIENCE = 600_000
const SCORING_SECONDS = 300

/** A node that the provider cannot run is an error here, where it would go to the processor. */
const ONLY_WEBGPU = { executionProviders: ['webgpu'], extra: { session: { disable_cpu_ep_fallback: '1' } } }

const checkpoint = fileURLToPath(new URL('../golden/ast/hugging-face', import.meta.url))

let scratch: string
let model: string
beforeAll(async () => {
  useVulkanDriver()
  scratch = await mkdtemp(join(tmpdir(), 'earwitness-webgpu-'))
  model = join(scratch, 'model')
  await importModel(checkpoint, { name: 'model', out: model, editions: ['fp16', 'fp32'], source: 'a test' })
})
afterAll(() => rm(scratch, { recursive: true }))

/** The imported model with other files in its manifest. */
async function withFiles(files: (written: ModelManifest['files']) => ModelManifest['files']): Promise<void> {
  const path = join(model, 'model.json')
  const manifest: ModelManifest = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify({ ...manifest, files: files(manifest.files) }))
}

/** An edition for WebGPU alone whose head is moved: it loads, and gives other logits. */
async function movedEdition(): Promise<ModelManifest['files'][number]> {
  const weights = await goldenWeights('hugging-face')
  const head = { ...weights.head, bias: Float32Array.of(1, 0) }
  const bytes = astGraph({ ...weights, head }, 'fp32')
  await writeFile(join(model, 'moved.onnx'), bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path: 'moved.onnx', precision: 'fp32', providers: ['webgpu'], sha256 }
}

const open = (provider: ProviderChoice) => LocalScorer.open(model, { provider, scoringSeconds: SCORING_SECONDS })

async function chosen(provider: ProviderChoice): Promise<string> {
  const scorer = await open(provider)
  await scorer.close()
  return `${scorer.thread.candidate.path.slice(model.length + 1)} on ${scorer.provider}`
}

async function streamOn(provider: ProviderChoice) {
  const server = await serve({ port: 0, models: [model], provider, limits: { scoringSeconds: SCORING_SECONDS } })
  try {
    const client = await StreamClient.open(server.port)
    await client.send(firstSeconds(fakeSpeech, 2)).finish()
    return client
  } finally {
    await server.stop()
  }
}

describe.skipIf(VULKAN_DRIVER === undefined)(
  'an imported AST on WebGPU (skipped without `chromium`, whose software GPU it takes)',
  { timeout: PATIENCE },
  () => {
    it.each(AST_NAMES)("gives PyTorch's logits for %s, with every node on the GPU", async (name) => {
      const { windows, logits } = goldenWindows(name)
      const graph = astGraph(await goldenWeights(name), 'fp32')
      const found = await logitsOf(graph, windows.slice(0, 2), ONLY_WEBGPU)
      expect(furthest(found, logits.slice(0, 2))).toBeLessThan(FP32_LOGIT)
    })

    it.skipIf(IS_SWIFTSHADER).each(AST_NAMES)(
      "stays near PyTorch's probabilities for %s in fp16 (skipped on SwiftShader, which has none)",
      async (name) => {
        const { windows, logits } = goldenWindows(name)
        const graph = astGraph(await goldenWeights(name), 'fp16')
        const found = probabilities(await logitsOf(graph, windows, ONLY_WEBGPU))
        expect(furthest([found], [probabilities(logits)])).toBeLessThan(FP16_PROBABILITY)
      },
    )

    it('is not what the int8 edition is for: its nodes would go to the processor', async () => {
      const graph = astGraphInt8(await goldenWeights('binary'))
      const { windows } = goldenWindows('binary')
      await expect(logitsOf(graph, windows.slice(0, 1), ONLY_WEBGPU)).rejects.toThrow(/fallback to CPU/)
    })

    it('scores a live stream as the processor does, and ready says that it is there', async () => {
      const [gpu, processor] = [await streamOn('webgpu'), await streamOn('cpu')]
      expect(gpu.of('ready')[0]).toMatchObject({ model: { name: 'model' }, provider: 'webgpu' })
      const scoresOf = (client: StreamClient) =>
        client.of('score').map(({ windowFakeProbability }) => windowFakeProbability ?? Number.NaN)
      expect(scoresOf(gpu)).toHaveLength(3)
      expect(furthest([scoresOf(gpu)], [scoresOf(processor)])).toBeLessThan(FP32_LOGIT)
    })

    it.runIf(IS_SWIFTSHADER)('takes the next edition where the device has no numbers for fp16', async () => {
      expect(await chosen('webgpu')).toBe('model.fp32.onnx on webgpu')
    })

    it('is taken by auto where its manifest has it before the processor', async () => {
      await withFiles((files) =>
        files
          .filter(({ precision }) => precision === 'fp32')
          .map((file) => ({ ...file, providers: ['webgpu', 'cpu'] })),
      )
      expect(await chosen('auto')).toBe('model.fp32.onnx on webgpu')
    })

    it('is passed over by auto where it loads and misses the golden logit', async () => {
      const moved = await movedEdition()
      await withFiles(([file]) => [moved, { ...file!, providers: ['cpu'] }])
      expect(await chosen('auto')).toBe('model.fp32.onnx on cpu')
    })

    it('is refused by name there, and nothing takes its place', async () => {
      await expect(open('webgpu')).rejects.toThrow(/no provider runs it: webgpu: the golden window's fake logit is/)
    })
  },
)
