/**
 * A process of its own that proves one provider of a model: what native libraries write to standard error there can be kept
 * back, and one that takes its process along takes no other. It hears a `ProviderQuestion`, answers with the fault, and ends.
 */
import { availableParallelism } from 'node:os'
import { limitsWith } from '../../protocol/limits.ts'
import { InferenceThread } from '../../scoring/inference-thread.ts'
import type { Candidate, ModelPackage } from '../../scoring/model-package.ts'

export interface ProviderQuestion {
  readonly model: ModelPackage
  readonly candidate: Candidate
}

export interface ProviderAnswer {
  /** Absent where the provider loads and gives the golden logit. */
  readonly fault?: string
}

/** Where in its source something did not hold, which tells a user nothing. */
const PLACE_IN_ONNXRUNTIME = /\/onnxruntime_src\/.* was false\. /

process.once('message', async ({ model, candidate }: ProviderQuestion) => {
  const { scoringSeconds } = limitsWith()
  const thread = new InferenceThread(model, candidate, { threads: availableParallelism(), scoringSeconds })
  const fault = await thread.start().then(
    () => undefined,
    (thrown: Error) => thrown.message.replace(PLACE_IN_ONNXRUNTIME, '').trim(),
  )
  await thread.close()
  process.send!({ ...(fault !== undefined && { fault }) } satisfies ProviderAnswer, () => process.disconnect())
})
