import { fakeLogitOf, outputWidth } from '../scoring/fake-logit.ts'
import type { ModelManifest } from '../scoring/model-manifest.ts'
import { InferenceSession, Tensor } from '../scoring/onnxruntime.ts'
import { aboutFile, badModel } from './bad-model.ts'

type Face = Pick<ModelManifest, 'input' | 'output' | 'frontend'>

/**
 * The fake logits that a model's file gives for windows of frames, on the processor.
 * @param name what errors call the file, which may be a copy that its user never sees
 * @throws EarwitnessError `bad_model`
 */
export function fakeLogitsOfFile(
  { path, name = path }: { readonly path: string; readonly name?: string },
  face: Face,
  windows: readonly Float32Array[],
  onWindow: () => void = () => {},
): Promise<number[]> {
  return aboutFile(name, async () => {
    const session = await InferenceSession.create(path, { executionProviders: ['cpu'] })
    const logits: number[] = []
    for (const frames of windows) {
      logits.push(await fakeLogit(session, face, frames))
      onWindow()
    }
    await session.release()
    return logits
  })
}

async function fakeLogit(session: InferenceSession, { input, output, frontend }: Face, frames: Float32Array) {
  const feeds = { [input.tensor]: new Tensor('float32', frames, [1, input.frames, frontend.melBins]) }
  const data = (await session.run(feeds, [output.tensor]))[output.tensor]?.data
  const width = outputWidth(output)
  if (!(data instanceof Float32Array) || data.length !== width) {
    throw badModel(`${output.tensor} must give ${width} float32 for a window (${output.kind})`)
  }
  const logit = fakeLogitOf(data, output)
  if (!Number.isFinite(logit)) throw badModel(`the model gives ${logit} for the golden window`)
  return logit
}

/** What a file says of its own inputs and outputs. A length that may be any is a word or absent. */
export interface OnnxFace {
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
}

export interface OnnxPort {
  readonly name: string
  readonly type: string
  readonly shape: readonly (number | string)[]
}

/** @throws EarwitnessError `bad_model` if onnxruntime does not load it */
export function onnxFace(path: string): Promise<OnnxFace> {
  return aboutFile(path, async () => {
    const session = await InferenceSession.create(path, { executionProviders: ['cpu'] })
    const face = { inputs: session.inputMetadata.map(portOf), outputs: session.outputMetadata.map(portOf) }
    await session.release()
    return face
  })
}

function portOf(metadata: InferenceSession.ValueMetadata): OnnxPort {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'no tensor', shape: [] }
}
