// The container's health check: asks the server for /healthz where the command line that started it says that it listens.
// Usage: health.mjs [PID]     PID: whose command line; 1, the init of the container, has all the words of it.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'

/** Where a server that listens on all addresses can be asked. */
const ALL = { '0.0.0.0': '127.0.0.1', '::': '::1' }

const [pid = '1'] = process.argv.slice(2)
const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
const host = told('host') ?? '127.0.0.1'
const port = told('port') ?? '8080'
const scheme = told('tls-cert') === undefined ? http : https

// It asks itself: the certificate is in the name that others know it by.
const options = { host: ALL[host] ?? host, port, path: '/healthz', rejectUnauthorized: false }
scheme
  .get(options, ({ statusCode }) => end(statusCode === 200 ? 0 : 1, `HTTP ${statusCode}`))
  .on('error', ({ message }) => end(1, message))

/** The value of an option as the command line has it, the last one if there are several. */
function told(name) {
  const at = words.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`))
  return at < 0 ? undefined : (/=(.*)/s.exec(words[at])?.[1] ?? words[at + 1])
}

function end(code, message) {
  console.log(message)
  process.exit(code)
}
