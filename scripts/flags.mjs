// The flags of a script: words and numbers above 0, each with its default. What is wrong with them ends it with 2.
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'

export function flagsOf(help, defaults) {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }]))
  const values = parsed({ ...options, help: { type: 'boolean', short: 'h' } })
  if (values.help) {
    console.log(help)
    process.exit()
  }
  const flags = Object.entries(defaults).map(([name, value]) => {
    const text = values[name]
    if (text === undefined) return [name, value]
    return [name, typeof value === 'number' ? numberOf(name, text) : text]
  })
  return Object.fromEntries(flags)
}

/** Makes the folder for the results before there are any: an hour's would be lost where it cannot be made. */
export function makeOut(folder) {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    refuse(`--out ${folder} cannot be made: ${error.message}`)
  }
}

function parsed(options) {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(error.message)
  }
}

function numberOf(name, text) {
  const value = Number(text)
  return value > 0 && Number.isFinite(value) ? value : refuse(`--${name} must be a number above 0; got ${text}`)
}

function refuse(words) {
  process.stderr.write(`${words}\n(--help says more)\n`)
  process.exit(2)
}
