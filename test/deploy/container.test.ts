import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { MAIN } from '../cli/program.ts'
import { freePort } from '../fixtures/free-port.ts'
import { hasOpenssl, ScratchFiles } from '../server/access/scratch-files.ts'

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const dockerfile = readFileSync(at('Dockerfile'), 'utf8').replaceAll(/\\\n\s*/g, '')
const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line))
const ignored = readFileSync(at('.dockerignore'), 'utf8')

describe('the container', () => {
  it('runs as another user than root, and says how its health is', () => {
    const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))
    expect(last).toContain('USER node')
    expect(last.findIndex((line) => line.startsWith('USER '))).toBeGreaterThan(
      last.findLastIndex((line) => line.startsWith('COPY ')),
    )
    expect(last.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true)
  })

  it('starts the program under an init, for the first process of a container cannot end itself by a signal', () => {
    const entry = instructions.find((line) => line.startsWith('ENTRYPOINT '))!
    expect(JSON.parse(entry.slice('ENTRYPOINT '.length))).toEqual(['tini', '--', 'node', 'dist/src/cli/main.js'])
    expect(instructions.some((line) => line.startsWith('RUN apt-get update') && /\btini\b/.test(line))).toBe(true)
  })

  it('copies what exists and what is sent to its build', () => {
    const copied = instructions
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1))
    expect(copied.length).toBeGreaterThan(5)
    for (const path of copied) {
      expect(existsSync(at(path))).toBe(true)
      expect(ignored.split('\n')).toContain(`!${path}`)
    }
  })
})

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Starts Node, and waits for its first line of output. */
async function started(...words: string[]): Promise<number> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(createInterface({ input: child.stdout }), 'line')
  return child.pid!
}

/** How the container's health check ends where this process is its first. */
function healthOf(pid: number): number | null {
  const check = instructions.find((line) => line.startsWith('HEALTHCHECK '))!
  const [program, ...words] = JSON.parse(check.slice(check.indexOf('['))) as [string, ...string[]]
  return spawnSync(program, [...words, String(pid)], { cwd: at('.') }).status
}

describe.runIf(process.platform === 'linux')('the health check of the container', () => {
  const serve = (...words: string[]) => started(MAIN, 'serve', '--log-level', 'silent', ...words)

  it('asks the server at the port that it was told', async () => {
    expect(healthOf(await serve('--port', String(await freePort())))).toBe(0)
    expect(healthOf(await serve(`--port=${await freePort()}`))).toBe(0)
  })

  it('asks it at the address that it was told', async () => {
    const port = String(await freePort())
    expect(healthOf(await serve('--host', '127.0.0.2', '--port', port))).toBe(0)
    const key = `someone=${'0'.repeat(64)}`
    expect(healthOf(await serve('--host', '0.0.0.0', '--key', key, '--port', String(await freePort())))).toBe(0)
  })

  it.skipIf(!hasOpenssl)('asks it by TLS where it has a certificate (skipped without openssl)', async () => {
    const files = new ScratchFiles()
    const { certificateFile, keyFile } = files.certificate('earwitness.example')
    const tls = ['--tls-cert', certificateFile, '--tls-key', keyFile]
    expect(healthOf(await serve('--port', String(await freePort()), ...tls))).toBe(0)
    files.remove()
  })

  it('ends with 1 where nobody listens', async () => {
    const idle = 'console.log(1); setInterval(() => {}, 1000)'
    expect(healthOf(await started('-e', idle, '--', '--port', String(await freePort())))).toBe(1)
  })
})

const canVerify = spawnSync('systemd-analyze', ['--version']).status === 0

describe.skipIf(!canVerify)('the systemd unit (skipped where systemd-analyze is missing)', () => {
  it('has nothing wrong in it', () => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', at('deploy/systemd/earwitness.service')])
    // Whether the program is there is another machine's matter.
    expect(String(stderr).replaceAll(/.*is not executable.*\n/g, '')).toBe('')
  })

  it('leaves little that it may do', () => {
    const words = ['security', '--offline=true', '--threshold=25', at('deploy/systemd/earwitness.service')]
    const { status, stdout } = spawnSync('systemd-analyze', words)
    expect({ status, verdict: String(stdout).includes('OK') }).toEqual({ status: 0, verdict: true })
  })
})
