import { homedir } from 'node:os'
import { join } from 'node:path'
import { fetchHubModel, type HubAddress } from '../../importing/hub.ts'
import type { OnProgress } from '../../importing/hub-file.ts'
import { EarwitnessError } from '../../protocol/errors.ts'
import { progressBar } from '../progress-bar.ts'

/** A model that was fetched, and what its card shall say of where it came from. */
export interface Fetched {
  readonly path: string
  readonly source: string
}

/** Fetches a model with a bar on a terminal, and a line a file elsewhere. @throws EarwitnessError */
export async function fetchHere(address: HubAddress, hub: string | undefined): Promise<Fetched> {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token, XDG_CACHE_HOME: caches } = process.env
  const progress = process.stderr.isTTY ? new Bars() : new Lines()
  try {
    const { path, commit, files } = await fetchHubModel(address, {
      hubUrl: hubUrlFrom(hub ?? (endpoint || 'https://huggingface.co')),
      ...(token ? { token: checkedToken(token) } : {}),
      cache: join(caches || join(homedir(), '.cache'), 'earwitness', 'hub'),
      onProgress: progress.show,
    })
    const sums = files.map((file) => `${file.path} (sha256 ${file.sha256})`).join(', ')
    return { path, source: `hf:${address.repo} at commit ${commit}: ${sums}` }
  } finally {
    progress.stop()
  }
}

function hubUrlFrom(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/+$/, '')
  throw new EarwitnessError('bad_parameter', `--hub: ${text} must be an http or https address`)
}

function checkedToken(token: string): string {
  if (token.startsWith('hf_')) return token
  throw new EarwitnessError('bad_parameter', 'HF_TOKEN must start with hf_')
}

interface Progress {
  readonly show: OnProgress
  stop(): void
}

class Bars implements Progress {
  readonly #bar = progressBar('{file} [{bar}] {percentage}% of {size}')
  #file = ''

  readonly show: OnProgress = (file, bytes, of) => {
    if (file !== this.#file) {
      this.stop()
      this.#bar.start(of, bytes, { file, size: mebibytes(of) })
      this.#file = file
    }
    this.#bar.update(bytes)
  }

  stop(): void {
    this.#bar.stop()
  }
}

class Lines implements Progress {
  readonly show: OnProgress = (file, bytes, of) => {
    if (bytes === of) process.stderr.write(`${file}: ${mebibytes(of)}\n`)
  }

  stop(): void {}
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
