import { join } from 'node:path'
import { HubApiError, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub'
import { EarwitnessError } from '../protocol/errors.ts'
import { badModel } from './bad-model.ts'
import { fetchHubFile, type HubAccess, type HubFile, type OnProgress } from './hub-file.ts'
import { readShardNames } from './safetensors.ts'

const INDEX = 'model.safetensors.index.json'
const WEIGHTS = ['model.safetensors', INDEX, 'pytorch_model.bin']
const DESCRIPTIONS = ['config.json', 'preprocessor_config.json', 'README.md']
const MOST_FILES = 10_000

/** A model on a hub, as `hf:OWNER/NAME` or `hf:OWNER/NAME@REVISION` writes it. */
export interface HubAddress {
  readonly repo: string
  readonly revision: string
}

export interface HubOptions {
  /** Where the hub is, without a slash at its end. */
  readonly hubUrl: string
  readonly token?: string
  /** Where files are kept, so that a broken download goes on and a finished one is not made again. */
  readonly cache: string
  readonly onProgress: OnProgress
}

export interface HubModel {
  /** What to import: a folder with a config, or the one checkpoint that the repository holds. */
  readonly path: string
  /** The commit that was read. */
  readonly commit: string
  readonly files: readonly HubFile[]
}

/** `undefined` if the word is no address of a hub. @throws EarwitnessError `bad_parameter` if it is a malformed one */
export function parseHubAddress(word: string): HubAddress | undefined {
  if (!word.startsWith('hf:')) return undefined
  const [, repo, revision = 'main'] = /^hf:([\w][\w.-]*\/[\w][\w.-]*)(?:@([\w][\w./-]*))?$/.exec(word) ?? []
  if (repo === undefined || revision.includes('..')) {
    throw new EarwitnessError('bad_parameter', `${word}: must be hf:OWNER/NAME or hf:OWNER/NAME@REVISION`)
  }
  return { repo, revision }
}

/**
 * Fetches what an import needs of a model on the hub, at one commit, each file proved by the hub's own checksum.
 * @throws EarwitnessError `bad_model`: no such model, not allowed (and what to do), no weights, a download that stays broken
 */
export async function fetchHubModel(address: HubAddress, options: HubOptions): Promise<HubModel> {
  const { hubUrl, token } = options
  const access = { hubUrl, ...(token !== undefined && { accessToken: token }) }
  const { commit, entries } = await explained(address, options, async () => {
    const { sha } = await modelInfo({
      name: address.repo,
      revision: address.revision,
      additionalFields: ['sha'],
      ...access,
    })
    if (!/^[0-9a-f]{40,64}$/.test(sha))
      throw badModel(`the hub names ${JSON.stringify(sha)} as the commit, which is none`)
    return { commit: sha, entries: await entriesOf(address.repo, sha, access) }
  })
  const folder = join(options.cache, address.repo.replace('/', '--'), commit)
  const fetchAll = (wanted: readonly ListFileEntry[]): Promise<HubFile[]> =>
    explained(address, options, async () => {
      const files: HubFile[] = []
      for (const entry of wanted) {
        files.push(await fetchHubFile({ ...address, revision: commit }, entry, folder, access, options.onProgress))
      }
      return files
    })
  const only = entries.has('config.json') ? undefined : onlyCheckpoint(entries, address)
  if (only !== undefined) return { path: join(folder, only.path), commit, files: await fetchAll([only]) }
  const files = await fetchAll(filesOfFolder(entries, address))
  if (!files.some(({ path }) => path === INDEX)) return { path: folder, commit, files }
  const shards = [...(await readShardNames(join(folder, INDEX)))].map((name) => required(entries, name, address))
  return { path: folder, commit, files: [...files, ...(await fetchAll(shards))] }
}

type Entries = ReadonlyMap<string, ListFileEntry>

/** The files at the top of the repository. */
async function entriesOf(repo: string, revision: string, access: HubAccess): Promise<Entries> {
  const entries = new Map<string, ListFileEntry>()
  let seen = 0
  for await (const entry of listFiles({ repo, revision, ...access })) {
    seen += 1
    if (seen > MOST_FILES) throw badModel(`${repo} lists more than ${MOST_FILES} files`)
    if (entry.type === 'file' && entry.size > 0 && !entry.path.includes('/')) entries.set(entry.path, entry)
  }
  return entries
}

function filesOfFolder(entries: Entries, address: HubAddress): ListFileEntry[] {
  const weights = WEIGHTS.find((name) => entries.has(name))
  if (weights === undefined) throw badModel(`hf:${address.repo} has no weights: none of ${WEIGHTS.join(', ')}`)
  return [...DESCRIPTIONS, weights].flatMap((name) => entries.get(name) ?? [])
}

/** A repository without a config may hold one bare checkpoint. */
function onlyCheckpoint(entries: Entries, { repo }: HubAddress): ListFileEntry {
  const checkpoints = [...entries.values()].filter(({ path }) => /\.(pth|pt|safetensors|onnx)$/.test(path))
  const [only, ...others] = checkpoints
  if (only !== undefined && others.length === 0) return only
  throw badModel(`hf:${repo} has no config.json and ${checkpoints.length} checkpoints; one of either is needed`)
}

function required(entries: Entries, name: string, { repo }: HubAddress): ListFileEntry {
  const entry = entries.get(name)
  if (entry === undefined) throw badModel(`hf:${repo} lacks ${name}, which its ${INDEX} names`)
  return entry
}

/** Turns what the hub answers into what to do about it. */
async function explained<T>({ repo, revision }: HubAddress, options: HubOptions, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (thrown) {
    if (thrown instanceof EarwitnessError) throw thrown
    const page = `${options.hubUrl}/${repo}`
    const status = thrown instanceof HubApiError ? thrown.statusCode : undefined
    if (status === 401 || status === 403) throw badModel(notAllowed(repo, page, options.token), thrown)
    if (status === 404) throw badModel(`${page}: there is no such model or no revision ${revision}`, thrown)
    throw badModel(`${page}: ${reasonOf(thrown)}; the next try goes on where this one ended`, thrown)
  }
}

function notAllowed(repo: string, page: string, token: string | undefined): string {
  const start = `hf:${repo} is gated or private, or there is no such model. If it is gated, accept its conditions at ${page}`
  return token === undefined
    ? `${start} and set HF_TOKEN to a token of that account`
    : `${start} with the account of HF_TOKEN, whose token must be allowed to read gated repositories`
}

function reasonOf(thrown: unknown): string {
  const { message, cause } = thrown as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
