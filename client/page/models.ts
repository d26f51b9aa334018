import * as v from 'valibot'

const ModelSchema = v.object({
  name: v.string(),
  version: v.string(),
  provider: v.string(),
  frontend: v.picklist(['torchaudio-mel', 'kaldi-fbank']),
  decision: v.object({ raise: v.number(), clear: v.number() }),
})

const ModelsSchema = v.object({ default: v.string(), models: v.array(ModelSchema) })

export type ModelFacts = v.InferOutput<typeof ModelSchema>

/** The model that the server uses when none is asked for; undefined where it does not say. */
export async function defaultModel(address: URL): Promise<ModelFacts | undefined> {
  try {
    const answer = v.parse(ModelsSchema, await (await fetch(address)).json())
    return answer.models.find(({ name }) => name === answer.default)
  } catch {
    return undefined
  }
}
