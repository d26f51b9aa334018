import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as pause } from 'node:timers/promises'
import { downloadFile, HubApiError, type ListFileEntry } from '@huggingface/hub'
import { badModel } from './bad-model.ts'

export interface HubAccess {
  readonly hubUrl: string
  readonly accessToken?: string
}

/** Bytes of a file that are here, of all that it has. */
export type OnProgress = (file: string, bytes: number, of: number) => void

/** A file that is here whole, and was proved. */
export interface HubFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

const TRIES = 4
const FIRST_PAUSE_MS = 500
const PLAIN_NAME = /^[\w][\w.-]*$/

/**
 * One file of a repository, whole in the folder: taken from there, or fetched, going on where a broken try ended.
 * @throws EarwitnessError `bad_model` if its checksum is not the hub's, or what the hub answers after the last try
 */
export async function fetchHubFile(
  { repo, revision }: { readonly repo: string; readonly revision: string },
  entry: ListFileEntry,
  folder: string,
  access: HubAccess,
  onProgress: OnProgress,
): Promise<HubFile> {
  if (!PLAIN_NAME.test(entry.path)) throw badModel(`hf:${repo} names a file ${JSON.stringify(entry.path)}`)
  const target = join(folder, entry.path)
  if ((await sizeOf(target)) === entry.size) {
    onProgress(entry.path, entry.size, entry.size)
    return prove(target, entry, repo)
  }
  await mkdir(folder, { recursive: true })
  const partial = `${target}.partial`
  for (let attempt = 1; (await sizeOf(partial)) < entry.size; attempt += 1) {
    try {
      await goOn(partial, { repo, revision, path: entry.path, ...access }, entry, onProgress)
    } catch (thrown) {
      // What the hub says will be said again; a connection may hold the next time.
      if (thrown instanceof HubApiError) throw thrown
      // A stream of the library ends with a mere text.
      if (attempt === TRIES) throw thrown instanceof Error ? thrown : new Error(String(thrown))
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1))
    }
  }
  const file = await prove(partial, entry, repo)
  await rename(partial, target)
  return file
}

interface Place extends HubAccess {
  readonly repo: string
  readonly revision: string
  readonly path: string
}

async function goOn(
  partial: string,
  place: Place,
  { path, size }: ListFileEntry,
  onProgress: OnProgress,
): Promise<void> {
  // Plain HTTP with ranges: it is what every mirror speaks, and what can go on.
  const blob = await downloadFile({ ...place, xet: false, fetch: fetchOnlyRanges })
  if (blob === null) throw badModel(`hf:${place.repo} has no ${path} after all`)
  let bytes = await sizeOf(partial)
  const body = Readable.fromWeb(blob.slice(bytes, size).stream() as ReadableStream)
  body.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    onProgress(path, bytes, size)
  })
  await pipeline(body, createWriteStream(partial, { flags: 'a' }))
  if (bytes < size) throw new Error(`${path} ended after ${bytes} of ${size} bytes`)
}

/** A server that ignores ranges would give the start again. */
async function fetchOnlyRanges(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(input, init)
  const range = new Headers(init?.headers).get('range')
  if (response.status === 200 && range !== null && !range.startsWith('bytes=0-')) {
    throw badModel(`${input} does not go on in the middle of a file; remove what is in the cache to start anew`)
  }
  return response
}

/** Large files are listed with their SHA-256, others with git's own. A file that fails is removed, to be fetched anew. */
async function prove(path: string, entry: ListFileEntry, repo: string): Promise<HubFile> {
  const sha256 = createHash('sha256')
  const gitHash = createHash('sha1').update(`blob ${await sizeOf(path)}\0`)
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    sha256.update(chunk)
    gitHash.update(chunk)
    bytes += chunk.length
  }
  const digest = sha256.digest('hex')
  const [found, expected] = entry.lfs === undefined ? [gitHash.digest('hex'), entry.oid] : [digest, entry.lfs.oid]
  if (found !== expected || bytes !== entry.size) {
    await rm(path)
    throw badModel(
      `hf:${repo}: ${entry.path} is damaged: its checksum is ${found}, the hub says ${expected}. It was removed; the next try fetches it anew`,
    )
  }
  return { path: entry.path, bytes, sha256: digest }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
