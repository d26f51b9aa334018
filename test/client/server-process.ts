import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

/** A server in a process of its own, which can be killed. */
export interface ServerProcess {
  readonly port: number
  readonly url: string
  /** SIGKILL: no summary, no closing handshake. Resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM: streams are told to move. Resolves with the exit code when the process is gone. */
  stop(): Promise<number | null>
}

/** Starts `earwitness serve` and waits until it listens. `port` 0 takes a free one. */
export async function startServerProcess(port = 0, flags: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', String(port), '--log-level', 'silent', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await addressOf(child)
  return { port: Number(url.port), url: url.href, kill: () => kill(child), stop: () => stop(child) }
}

async function addressOf(child: ChildProcess): Promise<URL> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const address = /http:\/\/\S+/.exec(line)
    if (address !== null) return new URL(address[0])
  }
  throw new Error(`the server ended with ${child.exitCode} before it listened`)
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function stop(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  return child.exitCode
}
