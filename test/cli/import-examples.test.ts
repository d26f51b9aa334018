import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LocalHub } from '../importing/local-hub.ts'
import { ended, MAIN } from './program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = await readFile(join(root, 'docs/models.md'), 'utf8')
/** Each command of the page with the lines that it prints. */
const examples = [...page.matchAll(/^ {4}\$ earwitness (model import .*)\n((?: {4}.*\n)+)/gm)].map(
  ([, command, lines]) => [command!, lines!.trimEnd().split('\n').map(withoutNumbers)] as const,
)

const hub = new LocalHub()
let home: string
let hubAddress: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'earwitness-home-'))
  const folder = join(root, 'test/golden/ast/hugging-face')
  for (const name of await readdir(folder)) hub.files.set(name, await readFile(join(folder, name)))
  hubAddress = await hub.listen()
})
afterAll(async () => {
  await hub.close()
  await rm(home, { recursive: true })
})

/** Another processor rounds otherwise. */
function withoutNumbers(line: string): string {
  return line.trim().replace(/-?\d+(\.\d+)?(e[+-]\d+)?/g, '#')
}

it('finds an example of each format in docs/models.md', () => {
  const paths = examples.map(([command]) => command.split(' ')[2])
  expect(paths).toEqual([
    expect.stringMatching(/\.pth$/),
    expect.stringMatching(/hugging-face$/),
    expect.stringMatching(/^hf:.*@/),
    expect.stringMatching(/\.onnx$/),
  ])
})

// In the page's order, since the last takes what an earlier one made.
it.each(examples)('earwitness %s prints what docs/models.md shows', async (command, lines) => {
  const words = command.replaceAll('~', home).split(' ')
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: home, HF_ENDPOINT: hubAddress },
  })
  const { code, stdout, stderr } = await ended(child)
  const printed = `${stderr}${stdout}`.replaceAll(home, '/home/you').trimEnd().split('\n').map(withoutNumbers)
  expect(code).toBe(0)
  // The page cuts long lines short.
  expect(
    printed.map((line, at) => (lines[at]?.endsWith('…') ? `${line.slice(0, lines[at].length - 1)}…` : line)),
  ).toEqual(lines)
})
