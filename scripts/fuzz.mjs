// npm run fuzz: bytes that no client should send, against each parser and against real servers, for as long as you like.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '../dist/src/cli/end-with-us.js'
import { flagsOf, makeOut } from './flags.mjs'

const HELP = `npm run fuzz -- [--seconds 20] [--rounds 1] [--target WORDS] [--seed N] [--out fuzz]

Mutates valid messages, files, packets, manifests, weights and tokens, and talks to real servers in bytes of any kind. Each must end in
an answer or in an error of ours, soon, without growth; a good stream beside it must get its scores.

  --seconds N     for each of about twenty targets
  --rounds N      how often, each time with another seed
  --target WORDS  only targets with these words in their names, such as "pth" or "server over ws"
  --seed N        of the first round; by chance without it
  --out FOLDER    where seeds.ndjson keeps what was tried; a finding is there with all that fast-check says of it

A finding ends with exit code 1. The same --seed brings it back; its test belongs to the parser it was found in.`

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const flags = flagsOf(HELP, {
  seconds: 20,
  rounds: 1,
  target: undefined,
  seed: Math.ceil(Math.random() * 2 ** 31),
  out: 'fuzz',
})

makeOut(flags.out)
for (let round = 0; round < flags.rounds; round += 1) {
  const seed = flags.seed + round
  console.log(`round ${round + 1} of ${flags.rounds}, seed ${seed}`)
  const found = await tried(seed)
  const note = { seed, seconds: flags.seconds, target: flags.target, at: new Date().toISOString(), found }
  appendFileSync(join(flags.out, 'seeds.ndjson'), `${JSON.stringify(note)}\n`)
  if (found !== undefined) process.exit(1)
}

/** What was found, as it was printed; undefined for nothing. */
async function tried(seed) {
  // Not by npx, which does not hand a signal on to it.
  const words = [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    'test/fuzz',
    '--reporter=verbose',
    '--reporter=test/count-reporter.ts',
    '--no-file-parallelism',
  ]
  if (flags.target !== undefined) words.push('-t', flags.target)
  const env = { ...process.env, EARWITNESS_FUZZ_SECONDS: String(flags.seconds), EARWITNESS_FUZZ_SEED: String(seed) }
  const child = spawn(process.execPath, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  endWithUs(child)
  const said = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line)
      console.log(line)
    })
  }
  const [code] = await once(child, 'close')
  if (said.some((line) => line.startsWith('0 passed, 0 failed'))) {
    process.stderr.write(`no target has the words ${flags.target} in its name\n`)
    process.exit(2)
  }
  return code === 0 ? undefined : said.join('\n')
}
