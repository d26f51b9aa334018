// Makes a fresh clone ready: installs what is missing, builds what has changed, and does nothing when
// there is nothing to do. `npm start` and `npm test` run it first, so it may use Node's own modules only.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const forTests = process.argv.includes('--test')

/** Real programs that the tests use, and Debian's packages that have them. */
const TEST_PROGRAMS = {
  chromium: 'chromium',
  ffmpeg: 'ffmpeg',
  'espeak-ng': 'espeak-ng',
  python3: 'python3',
  haproxy: 'haproxy',
  ip: 'iproute2',
}

requireNode(20, 19)
installPackages()
build()
if (forTests) installTestPrograms()

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number)
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return
  fail(`earwitness needs Node ${major}.${minor} or newer; this is ${process.versions.node}.`)
}

function installPackages() {
  const stamp = join(root, 'node_modules', '.earwitness-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.version} ${process.platform} ${process.arch}`)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('installing packages (a minute or two, the first time only)')
  run('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, wanted)
}

function build() {
  const stamp = join(root, 'dist', '.earwitness-built')
  const sources = [
    'src',
    'client',
    'scripts',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]
  const newest = Math.max(...sources.map((source) => newestChange(join(root, source))))
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return
  say('building')
  run(process.execPath, [join(root, 'scripts', 'build.mjs')])
  writeFileSync(stamp, '')
}

function newestChange(path) {
  const entry = statSync(path)
  if (!entry.isDirectory()) return entry.mtimeMs
  return Math.max(entry.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))))
}

/** Installs those that are missing, where we may. */
function installTestPrograms() {
  const missing = Object.keys(TEST_PROGRAMS).filter((program) => !onPath(program))
  const packages = missing.map((program) => TEST_PROGRAMS[program])
  if (packages.length === 0) return
  const apt = aptCommand()
  if (apt === undefined) {
    say(
      `missing for the tests: ${packages.join(', ')}. Install them and run again; the tests that need them are skipped.`,
    )
    return
  }
  say(`installing ${packages.join(', ')} with apt-get`)
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  const [command, ...words] = apt
  spawnSync(command, [...words, 'update', '-qq'], options)
  const { status } = spawnSync(
    command,
    [...words, 'install', '-y', '-qq', '--no-install-recommends', ...packages],
    options,
  )
  if (status !== 0) say(`apt-get could not install ${packages.join(', ')}; the tests that need them are skipped.`)
}

function aptCommand() {
  if (!onPath('apt-get')) return undefined
  if (process.getuid?.() === 0) return ['apt-get']
  const maySudo = onPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0
  return maySudo ? ['sudo', '-n', 'apt-get'] : undefined
}

function onPath(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}

function run(command, words) {
  try {
    execFileSync(command, words, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  } catch {
    fail(`\`${command} ${words.join(' ')}\` failed; its message is above.`)
  }
}

function say(words) {
  process.stderr.write(`earwitness: ${words}\n`)
}

function fail(words) {
  say(words)
  process.exit(1)
}
