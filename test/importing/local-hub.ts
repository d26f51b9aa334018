import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const REPO = 'someone/detector'
/** From here on the hub keeps files elsewhere, and lists their SHA-256. */
const LFS_BYTES = 10_000

export interface HubRequest {
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

/** A small server that speaks the routes of the Hugging Face hub for one model, and fails as it is told to. */
export class LocalHub {
  readonly requests: HubRequest[] = []
  readonly files = new Map<string, Uint8Array>()
  /** Ends the connection after so many bytes of a file's body, as often as there are numbers. */
  readonly breaks: number[] = []
  gated: 'manual' | false = false
  token: string | undefined
  /** What it says that the revision is. */
  commit = COMMIT
  /** Answers ranges with the whole file. */
  ignoresRanges = false
  /** Sends other bytes than it lists. */
  damages = false
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Ranges of a file that were asked for, without the one that only asks for its size. */
  rangesOf(name: string): (string | undefined)[] {
    const asked = this.requests.filter(({ path, range }) => path.endsWith(`/${name}`) && range !== 'bytes=0-0')
    return asked.map(({ range }) => range)
  }

  #answer(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const path = (request.url ?? '').split('?')[0]!
    const { range, authorization } = request.headers
    this.requests.push({ path, range, authorization })
    const [, revision] = new RegExp(`^/api/models/${REPO}/revision/(.+)$`).exec(path) ?? []
    if (revision !== undefined) return this.#tellModel(revision, response)
    if (path === `/api/models/${REPO}/tree/${COMMIT}`) return this.#list(response)
    const [, name] = new RegExp(`^/${REPO}/resolve/${COMMIT}/(.+)$`).exec(path) ?? []
    const bytes = name === undefined ? undefined : this.files.get(name)
    if (bytes === undefined) return json(response, 404, { error: 'Entry not found' })
    if (this.gated !== false && authorization !== `Bearer ${this.token}`) {
      const error = `Access to model ${REPO} is restricted.`
      return json(response, authorization === undefined ? 401 : 403, { error })
    }
    return this.#send(bytes, range, response)
  }

  #tellModel(revision: string, response: ServerResponse): ServerResponse {
    if (revision !== 'main' && revision !== COMMIT) return json(response, 404, { error: 'Invalid rev id' })
    const model = { _id: '1', id: REPO, sha: this.commit, private: false, gated: this.gated, downloads: 1, likes: 1 }
    return json(response, 200, { ...model, lastModified: '2026-01-01T00:00:00.000Z' })
  }

  #list(response: ServerResponse): ServerResponse {
    const entries = [...this.files].map(([path, bytes]) => ({ type: 'file', path, size: bytes.length, ...sums(bytes) }))
    return json(response, 200, [...entries, { type: 'directory', path: 'runs', size: 0, oid: '1' }])
  }

  #send(whole: Uint8Array, range: string | undefined, response: ServerResponse): ServerResponse {
    const [, first = '0', last = `${whole.length - 1}`] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
    const isProbe = range === 'bytes=0-0'
    const isPart = range !== undefined && (isProbe || !this.ignoresRanges)
    const part = isPart ? whole.subarray(Number(first), Number(last) + 1) : whole
    response.writeHead(isPart ? 206 : 200, {
      etag: '"1"',
      'content-length': part.length,
      ...(isPart && { 'content-range': `bytes ${first}-${last}/${whole.length}` }),
    })
    const body = this.damages ? part.map((byte) => byte ^ 1) : part
    const end = isProbe || body.length < LFS_BYTES ? undefined : this.breaks.shift()
    if (end === undefined) return response.end(body)
    response.write(body.subarray(0, end), () => setTimeout(() => response.destroy(), 20))
    return response
  }
}

function sums(bytes: Uint8Array): object {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  if (bytes.length < LFS_BYTES) return { oid }
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { oid: '2', lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } }
}

function json(response: ServerResponse, status: number, value: unknown): ServerResponse {
  return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
