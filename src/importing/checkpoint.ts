import type { ModelManifest } from '../scoring/model-manifest.ts'
import type { AstOptions } from './ast-weights.ts'
import type { FakeIndex } from './polarity.ts'
import type { Tensors } from './tensors.ts'

/** Weights, and what the files beside them say of what they mean. */
export interface Checkpoint {
  readonly tensors: Tensors
  readonly ast: AstOptions
  /** The recipe that the files name, if they do. */
  readonly frontend?: ModelManifest['frontend']
  /** Names of the outputs, in order, if the files give them. */
  readonly labels?: readonly string[]
  /** Where no file says which output is fake, and the kind of checkpoint has a custom. */
  readonly customaryFakeIndex?: FakeIndex
  readonly licence?: string
}
