import type { ModelPackage } from './model-package.ts'
import type { WindowModel } from './window-batch.ts'

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
    const batch = model.openBatch()
    batch.put(0, channel, {
      count,
      oldest: 0,
      copy: (first, end, target, offset) => {
        target.set(goldenFrames.subarray(first * melBins, end * melBins), offset)
      },
    })
    fakeLogit = (await batch.run())[0]?.fakeLogit
  }
  return fakeLogit ?? Number.NaN
}
