import type { Fft } from '../dsp/fft.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import { checkWithin, type StreamParameters } from '../protocol/parameters.ts'
import type { Scorer } from '../scoring/scorer.ts'
import type { StreamContext } from '../stream/stream-channels.ts'
import type { Models } from './models.ts'
import type { ResumeTokens } from './resume-tokens.ts'

/** What all streams share. */
export interface StreamSurroundings {
  readonly models: Models
  readonly fft: Fft
  readonly limits: Limits
  readonly resumeTokens: ResumeTokens
}

/**
 * What a stream begins with: as its parameters ask, or, where they bring a token, as the stream that the token is about.
 * @throws EarwitnessError `unknown_model`, `resume_refused`; `bad_parameter` for what is no token or beyond a limit
 */
export function openStream(
  streamId: string,
  parameters: StreamParameters,
  { models, fft, limits, resumeTokens }: StreamSurroundings,
): StreamContext {
  const surroundings = { limits, fft, now: () => performance.now(), pace: 'live' } as const
  const { resume } = parameters
  if (typeof resume === 'string') {
    const { model, state, ...stream } = resumeTokens.read(resume)
    const scorer = sameModel(models, model)
    return { ...surroundings, ...stream, scorer, resumed: state, tokenOf: tokensOf(resumeTokens, { model, ...stream }) }
  }
  checkWithin(limits, parameters)
  const scorer = models.find(parameters.model)
  const stream = { streamId, parameters }
  if (!resume) return { ...surroundings, ...stream, scorer }
  const { name, version } = scorer.manifest
  const model = { name, version }
  return { ...surroundings, ...stream, scorer, tokenOf: tokensOf(resumeTokens, { model, ...stream }) }
}

type Resumable = Omit<Parameters<ResumeTokens['issue']>[0], 'state'>

function tokensOf(tokens: ResumeTokens, stream: Resumable): NonNullable<StreamContext['tokenOf']> {
  return (state) => tokens.issue({ ...stream, state })
}

/** Scores of another version would not go on from those before. */
function sameModel(models: Models, { name, version }: Resumable['model']): Scorer {
  const scorer = models.all.find(({ manifest }) => manifest.name === name)
  if (scorer?.manifest.version === version) return scorer
  const here = scorer === undefined ? 'is not loaded here' : `is ${scorer.manifest.version} here`
  throw new EarwitnessError(
    'resume_refused',
    `the resume token does not hold: ${name} ${version} scored the stream, and ${name} ${here}; start a new stream`,
  )
}
