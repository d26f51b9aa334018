import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import type { HttpResponse } from './transport.ts'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.map': 'application/json',
  '.wasm': 'application/wasm',
}

const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self' ws: wss:",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The built page, read once: path → response. Empty where the page was not built. */
export function readPageFiles(): ReadonlyMap<string, HttpResponse> {
  const folder = pageFolder()
  const files = new Map<string, HttpResponse>()
  for (const name of folder === undefined ? [] : readdirSync(folder)) {
    const contentType = CONTENT_TYPES[extname(name)]
    if (contentType === undefined) continue
    const response = {
      status: 200,
      headers: { ...HEADERS, 'content-type': contentType },
      body: readFileSync(join(folder!, name)),
    }
    files.set(name === 'index.html' ? '/' : `/${name}`, response)
  }
  return files
}

function pageFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('#page/index.html'))
  } catch {
    return undefined
  }
}
