import type { ModelPackage } from './model-package.ts'
import type { WindowModel } from './window-model.ts'

/** The fake logit of a package's golden frames, scored as the windows that end after each of `ends`: that of the last. */
export async function goldenLogit(
  model: WindowModel,
  { manifest, goldenFrames }: Pick<ModelPackage, 'manifest' | 'goldenFrames'>,
  ends: readonly number[],
): Promise<number> {
  const { melBins } = manifest.frontend
  const channel = {}
  let fakeLogit: number | undefined
  for (const count of ends) {
    const source = {
      count,
      oldest: 0,
      copy: (first: number, end: number, target: Float32Array, offset: number): void => {
        target.set(goldenFrames.subarray(first * melBins, end * melBins), offset)
      },
    }
    const [scored] = await model.score([{ channel, source, end: count, wantsEvidence: false }])
    fakeLogit = scored?.fakeLogit
  }
  return fakeLogit ?? Number.NaN
}
