import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Candidate, ModelPackage } from '../../scoring/model-package.ts'
import type { ProviderAnswer, ProviderQuestion } from './provider-process.ts'

/** What became of one provider of one edition. */
export interface ProviderProof extends ProviderAnswer {
  /** What its process wrote to standard error, onnxruntime's own words among it. */
  readonly log: string
}

/** Loads an edition with a provider, and compares its golden logit. Whatever happens there, this only tells. */
export function proveProvider(model: ModelPackage, candidate: Candidate): Promise<ProviderProof> {
  const file = fileURLToPath(new URL('./provider-process.js', import.meta.url))
  const child = fork(file, { silent: true, serialization: 'advanced' })
  let log = ''
  for (const output of [child.stdout!, child.stderr!]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
  }
  return new Promise((resolve, reject) => {
    let answer: ProviderAnswer | undefined
    child.once('message', (message: ProviderAnswer) => {
      answer = message
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const ended: ProviderAnswer = {
        fault: `${candidate.provider}: its process ended with ${signal ?? `code ${code}`}`,
      }
      resolve({ ...(answer ?? ended), log })
    })
    child.send({ model, candidate } satisfies ProviderQuestion)
  })
}
