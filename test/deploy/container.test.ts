import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

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
    expect(last.some((line) => line.startsWith('HEALTHCHECK ') && line.includes('/healthz'))).toBe(true)
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
