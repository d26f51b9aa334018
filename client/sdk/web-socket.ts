import { EarwitnessError } from '../../src/protocol/errors.ts'

/** The part of the WHATWG WebSocket that the SDK uses; browsers, Node 22 and the `ws` package all have it. */
export interface WebSocketLike {
  binaryType: string
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Bytes handed to `send` that the network has not taken yet. */
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike

/**
 * The caller's class, or this platform's own.
 * @throws EarwitnessError `bad_parameter` where there is neither (Node 20 without the `WebSocket` option).
 */
export function webSocketClass(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (found !== undefined) return found
  throw new EarwitnessError(
    'bad_parameter',
    "this platform has no WebSocket; pass one, for example `connect(url, parameters, { WebSocket: (await import('ws')).WebSocket })`",
  )
}
