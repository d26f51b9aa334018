import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/** Floors that all others stand on, the lowest first. */
const BELOW_STREAMS = ['src/protocol', 'src/dsp', 'src/audio', 'src/scoring']

/** What each floor may import of ours, besides itself. */
const FLOORS: Record<string, readonly string[]> = {
  'src/protocol': BELOW_STREAMS.slice(0, 0),
  'src/dsp': BELOW_STREAMS.slice(0, 1),
  'src/audio': BELOW_STREAMS.slice(0, 2),
  'src/scoring': BELOW_STREAMS.slice(0, 3),
  'src/importing': BELOW_STREAMS,
  'src/stream': BELOW_STREAMS,
  'src/server': [...BELOW_STREAMS, 'src/stream'],
  // `earwitness watch ws://…` is a client as any other.
  'src/cli': [...BELOW_STREAMS, 'src/importing', 'src/stream', 'src/server', 'client/sdk'],
  'client/sdk': ['src/protocol', 'src/dsp'],
  'client/page': ['src/protocol', 'src/dsp', 'client/sdk'],
  // The package's door, which nothing of ours goes through.
  src: [...BELOW_STREAMS, 'src/importing', 'src/stream', 'src/server', 'src/cli'],
}

const LONGEST_FILE = 300

const root = fileURLToPath(new URL('..', import.meta.url))

const files = ['src', 'client'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`${folder}/${name.replaceAll('\\', '/')}`)),
)

function read(path: string) {
  const text = readFileSync(join(root, path), 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName)
  return { path, text, tree, imports, floor: path.split('/').slice(0, -1).slice(0, 2).join('/') }
}

/** The floor that a relative import leads to. */
function floorOf(path: string, specifier: string): string {
  return join(dirname(path), dirname(specifier)).split('/').slice(0, 2).join('/')
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  for (const child of node.getChildren()) yield* nodesOf(child)
}

/** The paths of files that hold such a node, once for each. */
function pathsWith(folder: string, is: (node: ts.Node) => boolean): string[] {
  return files
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ path, tree }) => [...nodesOf(tree)].filter(is).map(() => path))
}

function isSubscribe(node: ts.Node): boolean {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === 'subscribe'
  )
}

describe('the floors', () => {
  it('are all known', () => {
    expect(Object.keys(FLOORS)).toEqual(expect.arrayContaining([...new Set(files.map(({ floor }) => floor))]))
  })

  it.each(Object.entries(FLOORS))('%s imports only itself and what is below it', (floor, below) => {
    const upward = files
      .filter((file) => file.floor === floor)
      .flatMap(({ path, imports }) =>
        imports
          .filter((specifier) => specifier.startsWith('.'))
          .filter((specifier) => ![floor, ...below].includes(floorOf(path, specifier)))
          .map((specifier) => `${path} imports ${specifier}`),
      )
    expect(upward).toEqual([])
  })

  it.each(['src/protocol', 'src/dsp', 'client/sdk', 'client/page'])('%s runs in a browser: no Node module', (floor) => {
    const ofNode = files
      .filter((file) => file.floor === floor)
      .flatMap(({ path, imports }) => imports.filter(isBuiltin).map((specifier) => `${path} imports ${specifier}`))
    expect(ofNode).toEqual([])
  })
})

describe('the code', () => {
  it('subscribes to a stream in one place: the session that owns the connection', () => {
    expect(pathsWith('src/', isSubscribe)).toEqual(['src/server/session.ts'])
  })

  it('says any nowhere', () => {
    expect(pathsWith('', ({ kind }) => kind === ts.SyntaxKind.AnyKeyword)).toEqual([])
  })

  it(`has no file of more than ${LONGEST_FILE} lines`, () => {
    const long = files.filter(({ text }) => text.split('\n').length - 1 > LONGEST_FILE)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('has no file whose name says nothing', () => {
    const vague = files.filter(({ path }) => /(^|-)(utils?|managers?|helpers?|misc|common)\.ts$/.test(basename(path)))
    expect(vague.map(({ path }) => path)).toEqual([])
  })
})
